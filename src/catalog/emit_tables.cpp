#include "catalog/emit_tables.h"

#include <array>
#include <cctype>
#include <charconv>

namespace capplan {
namespace {

// Shortest text that reads back as the same number.
std::string num(double value) {
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string lit(Text text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  if (text.empty()) return "{}";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n\"\n\"";
    } else if (byte < 0x20 || byte >= 0x7f) {
      // The literal is closed after each escape: hexadecimal escapes have no end of their own.
      out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15] + "\" \"";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string flag(bool value) { return value ? "true" : "false"; }
std::string whole(int value) { return std::to_string(value); }

template <Dim D>
std::string quantity(Quantity<D> q) {
  return "{Q<" + std::to_string(D.usd) + "," + std::to_string(D.second) + "," + std::to_string(D.byte) + "," +
         std::to_string(D.flop) + "," + std::to_string(D.joule) + "," + std::to_string(D.device) + "," +
         std::to_string(D.gram) + ">::of(" + num(q.base()) + ")}";
}
template <Dim D>
std::string quantity(const std::optional<Quantity<D>>& q) {
  return q ? quantity(*q) : "std::nullopt";
}
std::string number(const std::optional<double>& value) { return value ? num(*value) : "std::nullopt"; }

template <class E>
std::string name(std::string_view type, E value) {
  return std::string("static_cast<") + std::string(type) + ">(" + std::to_string(static_cast<int>(value)) +
         ")";
}

// "{a, b, c}"
class Row {
 public:
  Row& operator<<(const std::string& cell) {
    text_ += text_.empty() ? "{" : ", ";
    text_ += cell;
    return *this;
  }
  std::string done() const { return text_ + "}"; }

 private:
  std::string text_;
};

std::string provenance(const Provenance& p) {
  return (Row() << lit(p.source) << lit(p.as_of) << flag(p.unverified)).done();
}

std::string row_of(const Accelerator& a) {
  const Peaks& p = a.peak;
  Row peaks;
  for (const FlopRate rate : {p.fp64, p.fp32, p.tf32, p.fp16, p.bf16, p.fp8, p.int8, p.fp4})
    peaks << quantity(rate);
  const std::string link =
      a.link ? "Link" +
                   (Row() << lit(a.link->name) << quantity(a.link->bandwidth) << whole(a.link->domain)).done()
             : "std::nullopt";
  std::string purchase = "std::nullopt";
  if (a.purchase) {
    const PurchasePrice& b = *a.purchase;
    purchase = "PurchasePrice" + (Row() << quantity(b.price) << whole(b.accelerators)
                                        << name("PurchaseUnit", b.includes) << quantity(b.low)
                                        << quantity(b.high) << provenance(b.provenance) << lit(b.notes))
                                     .done();
  }
  std::string node_power = "std::nullopt";
  if (a.node_power)
    node_power = "NodePower" + (Row() << quantity(a.node_power->power) << whole(a.node_power->accelerators)
                                      << provenance(a.node_power->provenance))
                                   .done();
  return (Row() << lit(a.id) << lit(a.vendor) << name("Platform", a.platform) << lit(a.generation)
                << whole(a.released) << quantity(a.memory) << quantity(a.memory_bandwidth) << peaks.done()
                << quantity(a.achievable_bf16) << link << quantity(a.power) << whole(a.per_node) << purchase
                << node_power << lit(a.source) << lit(a.as_of) << lit(a.unverified) << lit(a.notes))
      .done();
}

std::string shape_of(const TransformerShape& s) {
  std::string experts = "std::nullopt";
  if (s.experts) {
    const Experts& e = *s.experts;
    experts = "Experts" + (Row() << whole(e.count) << whole(e.per_token) << whole(e.ffn) << whole(e.shared)
                                 << whole(e.dense_layers))
                              .done();
  }
  std::string latent = "std::nullopt";
  if (s.latent) {
    const LatentAttention& l = *s.latent;
    latent = "LatentAttention" + (Row() << whole(l.q_lora_rank) << whole(l.kv_lora_rank)
                                        << whole(l.qk_nope_head_dim) << whole(l.qk_rope_head_dim)
                                        << whole(l.v_head_dim))
                                     .done();
  }
  return "TransformerShape" +
         (Row() << whole(s.layers) << whole(s.hidden) << whole(s.ffn) << whole(s.heads) << whole(s.kv_heads)
                << whole(s.head_dim) << whole(s.vocab) << flag(s.gated_mlp) << flag(s.tied_embeddings)
                << flag(s.biases) << flag(s.qkv_bias) << flag(s.qk_norm) << name("Norm", s.norm)
                << whole(s.norms_per_layer) << whole(s.learned_positions) << experts << latent)
             .done();
}

std::string operator_of(const Operator& o) {
  return (Row() << name("OperatorKind", o.kind) << name("Gradient", o.gradient) << flag(o.chained)
                << flag(o.channel_statistics) << flag(o.masked) << flag(o.windowed) << num(o.times)
                << whole(o.axes) << num(o.positions) << num(o.in) << num(o.out) << num(o.kernel)
                << num(o.groups) << num(o.read) << num(o.written) << num(o.params))
      .done();
}

std::string operators_name(const ModelProfile& m) {
  std::string id = "kOperatorsOf_";
  for (const char c : m.id) id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return id;
}

// The layers of every model that lists them, each under a name of its own.
std::string operators_of(const std::vector<ModelProfile>& models) {
  std::string out;
  for (const ModelProfile& m : models) {
    if (m.operators.empty()) continue;
    out += "constexpr Operator " + operators_name(m) + "[] = {\n";
    for (const Operator& o : m.operators) out += "  " + operator_of(o) + ",\n";
    out += "};\n\n";
  }
  return out;
}

std::string row_of(const ModelProfile& m) {
  const ModelArch& a = m.arch;
  const std::string arch =
      (Row() << name("Architecture", a.architecture) << (a.shape ? shape_of(*a.shape) : "std::nullopt")
             << number(a.params) << number(a.active_params) << num(a.image_pixels) << num(a.sample_tokens)
             << quantity(a.flops_per_sample) << number(a.activations_per_sample) << "{}"
             << whole(a.max_sequence_length))
          .done();
  return (Row() << lit(m.id) << lit(m.name) << lit(m.aliases) << arch
                << (m.operators.empty() ? "{}" : operators_name(m)) << lit(m.source) << lit(m.as_of)
                << lit(m.unverified))
      .done();
}

std::string row_of(const Provider& p) {
  return (Row() << lit(p.id) << lit(p.name) << name("SupplyOption", p.option) << flag(p.marketplace)
                << quantity(p.max_run) << quantity(p.billing) << quantity(p.billing_least)
                << provenance(p.billed_as) << quantity(p.spot_notice) << provenance(p.notice_as)
                << lit(p.source) << lit(p.as_of) << lit(p.notes))
      .done();
}

std::string row_of(const Cluster& c) {
  Row sizes;
  for (const int size : c.sizes) sizes << whole(size);
  return (Row() << lit(c.provider) << lit(c.id) << lit(c.products) << lit(c.fabric) << quantity(c.bandwidth)
                << whole(c.per_node) << (c.max_accelerators ? whole(*c.max_accelerators) : "std::nullopt")
                << "{" + sizes.done() + "}" << whole(c.step) << lit(c.source) << lit(c.as_of)
                << lit(c.unverified))
      .done();
}

std::string row_of(const StorageRow& s) {
  return (Row() << lit(s.provider) << name("StorageTier", s.tier) << lit(s.item) << quantity(s.price)
                << quantity(s.from) << quantity(s.to) << lit(s.region) << provenance(s.provenance))
      .done();
}

std::string row_of(const EgressRow& e) {
  return (Row() << lit(e.provider) << quantity(e.price) << quantity(e.from) << quantity(e.to) << lit(e.region)
                << provenance(e.provenance))
      .done();
}

std::string row_of(const Offer& o) {
  return (Row() << lit(o.provider) << lit(o.accelerator) << lit(o.stated_as) << whole(o.count)
                << lit(o.machine) << lit(o.region) << lit(o.area) << lit(o.country)
                << name("Purchase", o.purchase) << lit(o.tier) << quantity(o.price) << number(o.upfront)
                << quantity(o.term_min) << quantity(o.term_max) << name("PriceBasis", o.basis)
                << lit(o.cluster) << quantity(o.memory) << whole(o.vcpus) << quantity(o.host_memory)
                << name("OfferStatus", o.status) << lit(o.as_of) << lit(o.source) << lit(o.notes)
                << lit(o.stated_price) << quantity(o.list_price) << flag(o.agreed) << lit(o.adjustment)
                << quantity(o.host_licence) << quantity(o.accelerator_licence) << lit(o.licence_source))
      .done();
}

std::string row_of(const Credit& c) {
  return (Row() << lit(c.name) << lit(c.providers) << lit(c.purchases) << quantity(c.amount) << lit(c.until)
                << provenance(c.provenance))
      .done();
}

std::string row_of(const ExchangeRate& r) {
  return (Row() << lit(r.currency) << lit(r.as_of) << num(r.usd) << lit(r.source)).done();
}

std::string row_of(const CarbonRow& c) {
  return (Row() << lit(c.scope) << lit(c.region) << lit(c.place) << num(c.kg_per_kwh) << lit(c.as_of)
                << lit(c.source))
      .done();
}

std::string row_of(const SpotZone& z) {
  return (Row() << lit(z.cloud) << lit(z.zone) << lit(z.machine) << lit(z.accelerator)
                << whole(z.accelerators) << whole(z.instances) << quantity(z.observed) << num(z.availability)
                << quantity(z.up) << quantity(z.down) << num(z.up_cv) << num(z.down_cv) << lit(z.collected)
                << lit(z.source) << lit(z.as_of))
      .done();
}

std::string row_of(const Figure& f) {
  const std::string dim = (Row() << whole(f.dim.usd) << whole(f.dim.second) << whole(f.dim.byte)
                                 << whole(f.dim.flop) << whole(f.dim.joule) << whole(f.dim.device))
                              .done();
  return (Row() << lit(f.id) << lit(f.name) << num(f.value) << dim << number(f.low) << number(f.high)
                << provenance(f.provenance) << lit(f.notes))
      .done();
}

std::string row_of(const Site& s) {
  return (Row() << lit(s.id) << lit(s.name) << lit(s.country) << lit(s.facility) << lit(s.electricity)
                << lit(s.pue) << lit(s.staff_minimum) << lit(s.spares) << lit(s.installation)
                << lit(s.insurance) << lit(s.notes))
      .done();
}

std::string row_of(const KernelRow& k) {
  return (Row() << name("KernelOp", k.op) << lit(k.scope) << lit(k.format) << whole(k.group)
                << num(k.peak_share) << num(k.bandwidth_share) << quantity(k.launch) << num(k.smoothing)
                << quantity(k.serial) << num(k.serial_cap) << num(k.narrow_head) << num(k.most_share)
                << lit(k.source) << lit(k.as_of))
      .done();
}

std::string row_of(const Stack& s) {
  return (Row() << lit(s.id) << lit(s.name) << lit(s.frameworks) << name("Platform", s.platform)
                << whole(s.since) << name("AttentionKernel", s.attention) << name("Fusion", s.fusion)
                << flag(s.for_operators) << flag(s.host_bound) << flag(s.tensor_overlap)
                << flag(s.gradient_overlap) << flag(s.ring_balanced) << flag(s.shard_in_domain)
                << flag(s.fused_experts) << flag(s.hybrid_tables) << flag(s.tunes_plainly)
                << flag(s.stops_early) << flag(s.counts_recompute) << whole(s.loss_chunks)
                << num(s.gradient_bytes) << num(s.selective_share) << flag(s.interleaves)
                << flag(s.sequence_parallel) << whole(s.zero_stage) << flag(s.tensor) << flag(s.sequence)
                << flag(s.pipeline) << flag(s.interleaved) << flag(s.context) << flag(s.expert)
                << whole(static_cast<int>(s.zero_stages)) << flag(s.selective_recompute)
                << flag(s.partial_recompute) << lit(s.source) << lit(s.as_of) << lit(s.notes))
      .done();
}

std::string row_of(const LeverEvidence& l) {
  return (Row() << lit(l.id) << lit(l.name) << name("QualityLoss", l.loss) << lit(l.quality) << lit(l.source)
                << lit(l.as_of))
      .done();
}

std::string row_of(const Calibration& c) {
  return (Row() << lit(c.id) << whole(c.runs) << num(c.residual_median) << num(c.residual_p90)
                << provenance(c.provenance))
      .done();
}

std::string row_of(const FittedConstant& c) {
  return (Row() << lit(c.name) << lit(c.scope) << num(c.value) << num(c.prior) << whole(c.runs)).done();
}

std::string row_of(const ResidualBand& r) {
  return (Row() << lit(r.evidence) << num(r.p10) << num(r.p90) << whole(r.runs)).done();
}

template <class T>
std::string table(std::string_view type, std::string_view variable, const std::vector<T>& rows) {
  if (rows.empty()) return {};
  std::string out = "constexpr " + std::string(type) + " " + std::string(variable) + "[] = {\n";
  for (const T& row : rows) out += "  " + row_of(row) + ",\n";
  return out + "};\n\n";
}

template <class T>
std::string assignment(std::string_view member, std::string_view variable, const std::vector<T>& rows) {
  if (rows.empty()) return {};
  return "  tables." + std::string(member) + ".assign(std::begin(" + std::string(variable) + "), std::end(" +
         std::string(variable) + "));\n";
}

}  // namespace

std::string emit_tables(const Catalog& catalog) {
  const Tables& t = catalog.tables();
  std::string out =
      "// Made from profiles/ by the build. Do not edit.\n#include <iterator>\n#include "
      "<optional>\n\n#include \"capplan/catalog/catalog.h\"\n\nnamespace capplan {\nnamespace {\n\n";
  out +=
      "template <int U, int S, int B, int F, int J, int N, int G>\nusing Q = Quantity<Dim{U, S, B, F, J, N, "
      "G}>;\n\n";
  out += operators_of(t.models);
  out += table("Accelerator", "kAccelerators", t.accelerators) + table("ModelProfile", "kModels", t.models) +
         table("Provider", "kProviders", t.providers);
  out += table("Cluster", "kClusters", t.clusters) + table("StorageRow", "kStorage", t.storage) +
         table("EgressRow", "kEgress", t.egress) + table("Offer", "kOffers", t.offers);
  out += table("Credit", "kCredits", t.credits) + table("ExchangeRate", "kExchange", t.exchange);
  out += table("CarbonRow", "kCarbon", t.carbon) + table("Figure", "kFigures", t.figures) +
         table("Site", "kSites", t.sites);
  out += table("SpotZone", "kSpotZones", t.spot_zones);
  out += table("KernelRow", "kKernels", t.kernels) + table("Stack", "kStacks", t.stacks) +
         table("LeverEvidence", "kLevers", t.levers);
  out += table("Calibration", "kCalibrations", t.calibrations) +
         table("FittedConstant", "kConstants", t.constants) +
         table("ResidualBand", "kResiduals", t.residuals);
  out += "}  // namespace\n\nCatalog builtin_catalog() {\n  Tables tables;\n";
  out += assignment("accelerators", "kAccelerators", t.accelerators) +
         assignment("models", "kModels", t.models) + assignment("providers", "kProviders", t.providers);
  out += assignment("clusters", "kClusters", t.clusters) + assignment("storage", "kStorage", t.storage) +
         assignment("egress", "kEgress", t.egress) + assignment("offers", "kOffers", t.offers);
  out += assignment("credits", "kCredits", t.credits) + assignment("exchange", "kExchange", t.exchange);
  out += assignment("carbon", "kCarbon", t.carbon) + assignment("figures", "kFigures", t.figures) +
         assignment("sites", "kSites", t.sites);
  out += assignment("spot_zones", "kSpotZones", t.spot_zones);
  out += assignment("kernels", "kKernels", t.kernels) + assignment("stacks", "kStacks", t.stacks) +
         assignment("levers", "kLevers", t.levers);
  out += assignment("calibrations", "kCalibrations", t.calibrations) +
         assignment("constants", "kConstants", t.constants) +
         assignment("residuals", "kResiduals", t.residuals);
  out += "  return Catalog(std::move(tables), \"" + catalog.sha256() +
         "\", nullptr);\n}\n\n}  // namespace capplan\n";
  return out;
}

std::string emit_profiles(const std::vector<ProfileFile>& files) {
  std::string out =
      "// Made from profiles/ by the build. Do not edit.\n#include \"capplan/catalog/lock.h\"\n\n"
      "namespace capplan {\n\nstd::vector<ProfileFile> builtin_profiles() {\n"
      "  static const struct {\n    const char *path, *text;\n  } kFiles[] = {\n";
  for (const ProfileFile& file : files) out += "    {" + lit(file.path) + ",\n" + lit(file.text) + "},\n";
  out +=
      "  };\n  std::vector<ProfileFile> files;\n"
      "  for (const auto& file : kFiles) files.push_back({file.path, file.text});\n"
      "  return files;\n}\n\n}  // namespace capplan\n";
  return out;
}

}  // namespace capplan
