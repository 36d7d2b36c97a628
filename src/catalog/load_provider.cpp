#include "catalog/profile_loader.h"

namespace capplan {
namespace {

using T = ValueType;
constexpr Dim kStorageDim{.usd = 1, .second = -1, .byte = -1};
constexpr Dim kTransferDim{.usd = 1, .byte = -1};
constexpr int kMost = 1000000;

constexpr std::string_view kOptions[] = {"cloud", "rental"};
constexpr std::string_view kTiers[] = {"object", "block", "filesystem"};
constexpr Field kFrom{
    .key = "from", .type = T::kQuantity, .doc = "of the month's volume this tier holds", .dim = {.byte = 1}};
constexpr Field kTo{.key = "to", .type = T::kQuantity, .doc = "end of this tier", .dim = {.byte = 1}};
constexpr Field kRegion{.key = "region", .type = T::kText, .doc = "absent: everywhere"};

constexpr Field kCluster[] = {
    {.key = "id", .type = T::kText, .doc = "that offers name", .required = true},
    {.key = "products", .type = T::kText, .doc = "that are joined"},
    {.key = "fabric", .type = T::kText, .doc = "that joins them", .required = true},
    {.key = "bandwidth",
     .type = T::kQuantity,
     .doc = "of a node, per direction",
     .dim = kDataRate,
     .above_min = true},
    {.key = "per_node",
     .type = T::kInteger,
     .doc = "accelerators of a node",
     .required = true,
     .min = 1,
     .max = kMost},
    {.key = "max_accelerators", .type = T::kInteger, .doc = "largest job", .min = 1, .max = kMost},
    {.key = "sizes", .type = T::kIntegers, .doc = "sold in these sizes only", .min = 1, .max = kMost},
    {.key = "step", .type = T::kInteger, .doc = "sold in multiples of this", .min = 1, .max = kMost},
    required(kSourceField),
    required(kAsOfField),
    {.key = "unverified", .type = T::kTexts, .doc = "keys without a source"},
    kNotesField,
};

constexpr Field kStorage[] = {
    {.key = "tier", .type = T::kName, .doc = "kind of storage", .required = true, .names = kTiers},
    {.key = "item", .type = T::kText, .doc = "as the provider names it", .required = true},
    {.key = "price",
     .type = T::kQuantity,
     .doc = "for an amount and a time",
     .required = true,
     .dim = kStorageDim},
    kFrom,
    kTo,
    kRegion,
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
    kNotesField,
};

constexpr Field kEgress[] = {
    {.key = "price", .type = T::kQuantity, .doc = "to the internet", .required = true, .dim = kTransferDim},
    kFrom,
    kTo,
    kRegion,
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
    kNotesField,
};

// Charges that no formula uses yet; kept, so that nothing a source says is lost.
constexpr Field kOther[] = {
    {.key = "item", .type = T::kText, .doc = "what is charged", .required = true},
    {.key = "price", .type = T::kNumber, .doc = "in `unit`", .required = true},
    {.key = "unit", .type = T::kText, .doc = "of the price", .required = true},
    kRegion,
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
    kNotesField,
};

constexpr Field kBilling[] = {
    {.key = "unit",
     .type = T::kQuantity,
     .doc = "what is begun is paid",
     .required = true,
     .dim = {.second = 1},
     .above_min = true},
    {.key = "minimum", .type = T::kQuantity, .doc = "the shortest that is paid for", .dim = {.second = 1}},
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
};

constexpr Field kNotice[] = {
    {.key = "time", .type = T::kQuantity, .doc = "of the notice", .required = true, .dim = {.second = 1}},
    required(kSourceField),
    required(kAsOfField),
    kUnverifiedFlag,
};

constexpr Field kProvider[] = {
    {.key = "id", .type = T::kText, .doc = "unique name", .required = true},
    {.key = "name", .type = T::kText, .doc = "as people write it", .required = true},
    {.key = "option",
     .type = T::kName,
     .doc = "general cloud, or specialised rental",
     .required = true,
     .names = kOptions},
    {.key = "marketplace", .type = T::kBool, .doc = "hosts are third parties"},
    {.key = "max_run",
     .type = T::kQuantity,
     .doc = "a single job is cut off after that",
     .dim = {.second = 1},
     .above_min = true},
    {.key = "billing",
     .type = T::kMap,
     .doc = "how on-demand time is counted; absent: by the started hour, marked",
     .fields = kBilling},
    {.key = "spot_notice",
     .type = T::kMap,
     .doc = "how long before spot capacity goes that is said",
     .fields = kNotice},
    {.key = "clusters", .type = T::kMaps, .doc = "products whose nodes are joined", .fields = kCluster},
    {.key = "storage", .type = T::kMaps, .doc = "prices of stored data", .fields = kStorage},
    {.key = "egress", .type = T::kMaps, .doc = "prices of data sent out", .fields = kEgress},
    {.key = "other_charges", .type = T::kMaps, .doc = "not used by any formula yet", .fields = kOther},
    required(kSourceField),
    required(kAsOfField),
    kNotesField,
};

void read_cluster(ProfileLoader& loader, Text provider, const Section& in) {
  Cluster c;
  c.provider = provider;
  c.id = loader.keep(in.text("id"));
  c.products = loader.keep(in.text("products"));
  c.fabric = loader.keep(in.text("fabric"));
  c.bandwidth = in.bandwidth("bandwidth");
  c.per_node = static_cast<int>(in.number("per_node").value_or(1));
  if (const auto most = in.number("max_accelerators")) c.max_accelerators = static_cast<int>(*most);
  const std::vector<double> sizes = in.numbers("sizes");
  if (sizes.size() > Cluster::kMaxSizes) {
    loader.problems.push_back(
        {Severity::kError, in.location("sizes"), "at most 16 sizes are kept; use `step`", ""});
  }
  for (std::size_t i = 0; i < sizes.size() && i < Cluster::kMaxSizes; ++i)
    c.sizes[i] = static_cast<int>(sizes[i]);
  c.step = static_cast<int>(in.number("step").value_or(0));
  c.source = loader.keep(in.text("source"));
  c.as_of = loader.keep(in.text("as_of"));
  c.unverified = loader.keep_list(in.texts("unverified"), ',');
  loader.tables.clusters.push_back(c);
}

void read_storage(ProfileLoader& loader, Text provider, const Section& section) {
  const Section in = loader.dated(section);
  const std::string tier = in.text("tier").value_or("object");
  StorageRow row;
  row.provider = provider;
  row.tier = tier == "block"        ? StorageTier::kBlock
             : tier == "filesystem" ? StorageTier::kFilesystem
                                    : StorageTier::kObject;
  row.item = loader.keep(in.text("item"));
  row.price = in.quantity<kStorageDim>("price").value_or(StoragePrice{});
  row.from = in.bytes("from").value_or(Bytes{});
  row.to = in.bytes("to");
  row.region = loader.keep(in.text("region"));
  row.provenance = loader.provenance(in, "price");
  loader.tables.storage.push_back(row);
}

}  // namespace

void load_provider(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kProvider);
  if (!root) return;
  const Section in(*root, kProvider);
  Provider p;
  p.id = loader.keep(in.text("id"));
  p.name = loader.keep(in.text("name"));
  p.option = in.text("option").value_or("cloud") == "rental" ? SupplyOption::kRental : SupplyOption::kCloud;
  p.marketplace = in.flag("marketplace").value_or(false);
  p.max_run = in.duration("max_run");
  if (const Section billing = in.section("billing")) {
    p.billing = billing.duration("unit");
    p.billing_least = billing.duration("minimum").value_or(Duration{});
    p.billed_as = loader.provenance(billing);
  }
  if (const Section notice = in.section("spot_notice")) {
    p.spot_notice = notice.duration("time");
    p.notice_as = loader.provenance(notice);
  }
  p.source = loader.keep(in.text("source"));
  p.as_of = loader.keep(in.text("as_of"));
  p.notes = loader.keep(in.text("notes"));
  loader.tables.providers.push_back(p);
  for (const Section& cluster : in.sections("clusters")) read_cluster(loader, p.id, cluster);
  for (const Section& storage : in.sections("storage")) read_storage(loader, p.id, storage);
  for (const Section& section : in.sections("egress")) {
    const Section egress = loader.dated(section);
    loader.tables.egress.push_back({p.id, egress.quantity<kTransferDim>("price").value_or(TransferPrice{}),
                                    egress.bytes("from").value_or(Bytes{}), egress.bytes("to"),
                                    loader.keep(egress.text("region")), loader.provenance(egress, "price")});
  }
}

}  // namespace capplan
