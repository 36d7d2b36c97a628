#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catalog/accelerator_names.h"
#include "support/catalogs.h"

namespace capplan {
namespace {

using testing::builtin;

struct Named {
  std::string name;
  std::vector<std::string> ids;
};

std::vector<std::string> match(const std::string& name) {
  std::vector<std::string> ids;
  for (const Text id : builtin().match_accelerator(name).ids) ids.emplace_back(id);
  return ids;
}

// Case, separators, vendor prefix, and a missing or differing memory size or form factor (contract,
// section 2.3).
TEST(AcceleratorNames, OneFits) {
  for (const Named& n : std::vector<Named>{
           {"H100-SXM-80GB", {"H100-SXM-80GB"}},
           {"h100_sxm_80gb", {"H100-SXM-80GB"}},
           {"h100 sxm5 80gb", {"H100-SXM-80GB"}},
           {"NVIDIA H100 SXM5 80 GB", {"H100-SXM-80GB"}},
           {"nvidia-a100-sxm4-80gb", {"A100-SXM-80GB"}},
           {"A100-SXM4-40GB", {"A100-SXM-40GB"}},
           {"AMD Instinct MI300X", {"MI300X-192GB"}},
           {"mi300x", {"MI300X-192GB"}},
           {"B200", {"B200-SXM-180GB"}},
           {"B200-192GB", {"B200-SXM-180GB"}},
           {"Tesla T4", {"T4-16GB"}},
           {"GeForce RTX 4090", {"RTX4090-24GB"}},
           {"rtx-4090", {"RTX4090-24GB"}},
           {"google tpu v5p", {"TPU-v5p-95GB"}},
           {"L4", {"L4-24GB"}},
           {"H200 SXM", {"H200-SXM-141GB"}},
       }) {
    EXPECT_EQ(match(n.name), n.ids) << n.name;
  }
}

TEST(AcceleratorNames, SeveralFit) {
  EXPECT_EQ(match("H100 80GB"), (std::vector<std::string>{"H100-PCIe-80GB", "H100-SXM-80GB"}));
  EXPECT_EQ(match("A100 SXM"), (std::vector<std::string>{"A100-SXM-40GB", "A100-SXM-80GB"}));
  EXPECT_GT(match("a100").size(), 2u);
}

TEST(AcceleratorNames, NoneFits) {
  for (const char* name : {"", "gpu", "nvidia", "80GB", "H1000", "H10", "L400", "4090"})
    EXPECT_TRUE(match(name).empty()) << name;
  EXPECT_EQ(builtin().nearest_accelerator("H100-SMX-80GB"), "H100-SXM-80GB");
}

TEST(AcceleratorNames, EveryIdIsExactlyItself) {
  for (const Accelerator& a : builtin().tables().accelerators) {
    const NameMatch found = builtin().match_accelerator(a.id);
    ASSERT_EQ(found.ids.size(), 1u) << a.id;
    EXPECT_EQ(found.ids[0], a.id);
    EXPECT_TRUE(found.exact);
    EXPECT_FALSE(builtin().match_accelerator(std::string(a.id) + " ").exact);
  }
}

TEST(AcceleratorNames, TakenApart) {
  const AcceleratorName parts = take_apart("NVIDIA RTX 6000 Ada 48 GB");
  EXPECT_EQ(parts.core, "rtx6000ada");
  EXPECT_EQ(parts.memory, "48");
  EXPECT_EQ(take_apart("A100-SXM4-80GB").form, "sxm4");
}

TEST(ModelNames, ResolveAlike) {
  struct Case {
    std::string name, id;
    bool exact;
  };
  for (const Case& c :
       {Case{"llama-3-8b", "llama-3-8b", true}, Case{"Llama 3 8B", "llama-3-8b", false},
        Case{"meta-llama/Meta-Llama-3-8B", "llama-3-8b", false}, Case{"LLAMA_2_7B", "llama-2-7b", false},
        Case{"Mixtral 8x7B", "mixtral-8x7b", false}}) {
    const NameMatch found = builtin().match_model(c.name);
    ASSERT_EQ(found.ids.size(), 1u) << c.name;
    EXPECT_EQ(found.ids[0], c.id);
    EXPECT_EQ(found.exact, c.exact) << c.name;
  }
  EXPECT_TRUE(builtin().match_model("llama-9-8b").ids.empty());
  EXPECT_EQ(builtin().nearest_model("lama-3-8b"), "llama-3-8b");
}

TEST(ModelNames, EveryPresetIsFoundByItsNamesAlone) {
  for (const ModelProfile& m : builtin().tables().models) {
    const NameMatch found = builtin().match_model(m.name);
    ASSERT_EQ(found.ids.size(), 1u) << m.name;
    EXPECT_EQ(found.ids[0], m.id);
  }
}

}  // namespace
}  // namespace capplan
