// A plan's line items as nodes: what a line comes to, and what each of its factors rests on.
#pragma once

#include <functional>

#include "explain/nodes.h"

namespace capplan {

class LineFigures {
 public:
  LineFigures(const Explained& x, const PlanOption& plan) : x_(x), plan_(plan) {}

  Derivation amount(const CostLine& line) const;
  Derivation quantity(const CostLine& line) const;
  Derivation price(const CostLine& line) const { return given(line.price); }
  Derivation factor(const Factor& f, const CostLine& line) const;

  // Of the lines that `belongs` picks; a leaf of nothing where there is none.
  Derivation sum_of(const char* name, const std::function<bool(const CostLine&)>& belongs) const;

 private:
  Derivation given(const Factor& f) const;
  Derivation capital(const Factor& f, const CostLine& line) const;
  Derivation result(const Factor& f, const Allocation& a) const;
  Derivation stored(const Factor& f, const Allocation& a) const;
  Derivation billed_hours(const Factor& f, const Allocation& a) const;
  Derivation hours_in_use(const Factor& f, const Allocation& a) const;

  const Explained& x_;
  const PlanOption& plan_;
};

}  // namespace capplan
