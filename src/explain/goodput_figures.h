// What failures and interruptions leave of the time.
#pragma once

#include "explain/nodes.h"

namespace capplan {

Derivation explain_goodput(const Explained& x, const Allocation& a);
// The same run where nothing takes its spot capacity away.
Derivation explain_undisturbed_goodput(const Explained& x, const Allocation& a);
// A run that would take `undisturbed` and takes so many hours on spot capacity.
Derivation explain_run_on_spot(Derivation undisturbed, double hours);

}  // namespace capplan
