// A shape for a model of which only counts are known, so that its operators can be timed.
#pragma once

#include "capplan/model/model_arch.h"

namespace capplan {

// A decoder of the usual proportions: 128 of width a layer (as GPT-3, arXiv 2005.14165, table 2.1, and Llama
// 3, arXiv 2407.21783, table 3), heads of 128 and eight key-value heads, gated feed-forward; where fewer
// parameters are active than there are, half of the active ones in experts, eight of them a token. The counts
// are met within a few percent, by the width of the feed-forward networks.
TransformerShape usual_shape(double params, double active_params);

}  // namespace capplan
