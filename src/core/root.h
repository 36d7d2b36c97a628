// Roots of continuous functions.
#pragma once

namespace capplan {

// Where `f` is zero between two ends at which it has opposite signs: by bisection, to the last bit that the
// interval can still be halved at.
template <class F>
double root_between(double from, double to, const F& f) {
  const bool below = f(from) < 0;
  while (true) {
    const double middle = from + (to - from) / 2;
    if (middle == from || middle == to) return middle;
    ((f(middle) < 0) == below ? from : to) = middle;
  }
}

}  // namespace capplan
