// A run record of a model that is given by its operators: vision, BERT, diffusion, recommendation and others.
#pragma once

#include "backtest/run_case.h"

namespace capplan {

// Whether the record's family, or the preset of its name, is no stack of one transformer layer.
bool is_operator_run(const RunRecord& record, const Catalog& catalog);

TrainingCaseResult make_operator_case(const RunRecord& record, const Catalog& catalog);

}  // namespace capplan
