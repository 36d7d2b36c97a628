// Operators of models that are not given layer by layer.
#pragma once

#include <vector>

#include "capplan/model/model_arch.h"

namespace capplan {

// One sequence of `tokens` through a stack of layers. Where the shape has a vocabulary, its head sees
// `head_share` of the tokens: all of them, or of a masked language model those that are masked (15%, BERT,
// arXiv 1810.04805, section 3.1).
std::vector<Operator> operators_of(const TransformerShape& shape, double tokens, double head_share);

// A model of which only the totals of one sample are known: fifty layers alike, of products (or convolutions)
// each with a norm and an activation, that add up to them.
std::vector<Operator> usual_operators(Architecture architecture, Flops forward, double activations,
                                      double params);

// Elements that models of the kind usually write for each multiplication: the median of published presets.
double usual_activations(Architecture architecture, Flops forward);

}  // namespace capplan
