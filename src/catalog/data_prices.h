// What providers charge for data that stands with them or leaves them.
#pragma once

#include <map>
#include <vector>

#include "capplan/catalog/offer.h"

namespace capplan {

struct Tables;

// The tiers of a provider's storage that data is priced by: of its first item, object storage before
// filesystems before blocks (archive tiers are no place for training data), in `region` where it has a price
// there. Empty: it states none. Rows must be in the order of their providers.
std::vector<const StorageRow*> storage_tiers(const std::vector<StorageRow>& rows, Text provider, Text region);

// The same of data sent out.
std::vector<const EgressRow*> egress_tiers(const std::vector<EgressRow>& rows, Text provider, Text region);

// What a provider does not state is not taken for free: what each kind charges in the median
// (Catalog::median_data_prices).
std::map<SupplyOption, DataPrices> median_data_prices(const Tables& tables);

}  // namespace capplan
