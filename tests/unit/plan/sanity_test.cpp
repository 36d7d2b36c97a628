#include "plan/sanity.h"

#include <gtest/gtest.h>

#include "plan/sanity_checks.h"
#include "support/plans.h"

namespace capplan {
namespace {

// One seller of single accelerators and of joined nodes, and what can be bought.
const Catalog& market() {
  static const Catalog catalog = testing::market_of(
      {{"a", "H100-SXM-80GB", 3},
       {"a", "H100-SXM-80GB", 24, "on-demand", "2026-06-01", 8, "node", "north", "", "list", "c"}});
  return catalog;
}

// "line:column message [hint]" of each warning, in lines.
std::string said(const std::string& text, const Catalog& catalog = market()) {
  PlanSettings settings;
  settings.comparisons = false;
  std::string all;
  for (const Diagnostic& d : testing::plan_of(testing::spec_of(text), catalog, settings).diagnostics) {
    EXPECT_EQ(d.severity, Severity::kWarning);
    EXPECT_EQ(d.location.file, "spec.yaml");
    all += std::to_string(d.location.line) + ":" + std::to_string(d.location.column) + " " + d.message +
           (d.hint.empty() ? "" : " [" + d.hint + "]") + "\n";
  }
  return all;
}

// What is added to these stands at line 4.
const std::string kPretrain = "model: {preset: llama-3-8b}\ndataset: {tokens: 100B}\n";
const std::string kH100 = "pin: {accelerator: H100-SXM-80GB}\n";

TEST(SanityOfData, TuningTokensWithoutEpochs) {
  const std::string tune = "kind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 50M}\n";
  EXPECT_EQ(
      said(tune),
      "4:19 `tokens` without `epochs` are read once; fine-tuning usually takes two or three passes [add "
      "`training: {epochs: 3}`, or `epochs: 1` where `tokens` counts all passes]\n");
  EXPECT_EQ(said(tune + "training: {epochs: 1}\n"), "");
  EXPECT_EQ(said(tune + "training: {steps: 100, global_batch: 64, sequence_length: 8192}\n"), "");
  EXPECT_EQ(said(kPretrain), "");  // one pass is how models are pretrained
}

TEST(SanityOfData, ImagesWithoutEpochs) {
  const std::string images = "model: {preset: resnet-50}\ndataset: {samples: 1M}\n";
  EXPECT_TRUE(
      said(images + "training: {global_batch: 256}\n").starts_with("3:20 `samples` without `epochs`"));
  EXPECT_EQ(said(images + "training: {global_batch: 256, epochs: 90}\n"), "");
}

TEST(SanityOfData, StepsAgainstTheDataset) {
  const auto steps = [](const std::string& count) {
    return said(
        "model: {preset: llama-3-8b}\ndataset: {tokens: 20B}\ntraining: {sequence_length: 8192, "
        "global_batch: 1024, steps: " +
        count + "}\n");
  };
  // 8.39 million tokens a step.
  EXPECT_EQ(steps("100k"),
            "4:62 these steps read 839B tokens, 41.9 passes over the dataset's 20B [say `epochs` in place of "
            "`steps`, or correct the batch or the dataset]\n");
  EXPECT_TRUE(
      steps("100").starts_with("4:62 these steps read 839M tokens, and the rest is never read of the"));
  EXPECT_EQ(steps("2400"), "");  // one pass
  EXPECT_EQ(steps("9000"), "");  // 3.8
  EXPECT_NE(steps("10k"), "");   // 4.2
}

TEST(SanityOfData, TokensAParameter) {
  const auto tokens = [](const std::string& count) {
    return said("model: {preset: llama-3-8b}\ndataset: {tokens: " + count + "}\n");
  };
  EXPECT_TRUE(tokens("15M").starts_with("3:19 15M tokens for 8.03B parameters are 0.00187 each"));
  EXPECT_EQ(tokens("14B"), "");  // GPT-3's ratio
  EXPECT_EQ(tokens("15T"), "");  // what it was trained on
  EXPECT_TRUE(
      said("model: {params: 10M}\ndataset: {tokens: 5T}\n").starts_with("3:19 5T tokens for 10M parameters"));
}

TEST(SanityOfData, BytesOfAnItem) {
  const auto size = [](const std::string& data) {
    return said("model: {preset: llama-3-8b}\ndataset: " + data + "\n");
  };
  EXPECT_EQ(
      size("{tokens: 1T, size: 4 GB}"),
      "3:29 the dataset has 0.004 bytes a token; text has one to eight [GB for TB, or too many counted?]\n");
  EXPECT_TRUE(size("{tokens: 100B, size: 400 TB}").starts_with("3:31 the dataset has 4000 bytes a token"));
  EXPECT_EQ(size("{tokens: 1T, size: 4 TB}"), "");
  EXPECT_EQ(size("{tokens: 1T, bytes_per_token: 2 B}"), "");
  const std::string images =
      "training: {epochs: 90, global_batch: 256}\nmodel: {preset: resnet-50}\ndataset: ";
  EXPECT_TRUE(
      said(images + "{samples: 9M, size: 1 MB}\n").starts_with("4:30 the dataset has 0.111 bytes a sample"));
  EXPECT_EQ(said(images + "{samples: 9M, size: 1 TB}\n"), "");
}

TEST(SanityOfLoad, ArithmeticOfAStep) {
  const auto step = [](const std::string& flops) {
    return said(
        "model: {params: 10M}\ndataset: {samples: 9M}\ntraining: {epochs: 9, global_batch: 256, "
        "flops_per_step: " +
        flops + "}\n");
  };
  EXPECT_EQ(step("7.7 TFLOP"), "");  // the contract's example
  EXPECT_EQ(step("7.7 GFLOP"),
            "4:58 7.7B FLOP a step is less than 15.4B FLOP, which a batch of 256 takes where each parameter "
            "is used "
            "once a sample [is it the arithmetic of one sample, or of another magnitude?]\n");
  EXPECT_TRUE(step("77 PFLOP").starts_with("4:58 7.7e+16 FLOP a step is 5.01M times 15.4B FLOP"));
}

TEST(SanityOfLoad, RequestsOfADay) {
  const std::string serve =
      "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {prompt_tokens: 1000, output_tokens: 200, "
      "requests_per_second: ";
  EXPECT_EQ(said(serve + "40}\n"), "");
  const std::string many = said(serve + "100M}\n");
  EXPECT_TRUE(many.starts_with("4:73 100M requests a second keep ")) << many;
  EXPECT_NE(many.find("[100M requests a day are 1160 a second]"), std::string::npos) << many;
}

TEST(SanityOfLoad, BitsWrittenAsBytes) {
  const auto fabric = [](const std::string& rate) {
    return said(kPretrain + "assume: {interconnect: " + rate + "}\n" + kH100);
  };
  EXPECT_EQ(fabric("3200 GB/s"),
            "4:24 3200 GB/s a node is 8 times the 400 GB/s that nodes of H100-SXM-80GB are built with [bits "
            "or bytes? "
            "`3200 Gbit/s` is 400 GB/s]\n");
  EXPECT_EQ(fabric("3200 Gbit/s"), "");
  EXPECT_EQ(fabric("800 GB/s"), "");  // twice the usual, as newer boards have
  EXPECT_EQ(fabric("10 Gbit/s"), "");
}

TEST(SanityOfLoad, MoreThanAnybodyRan) {
  const std::string count = said(kPretrain + "pin: {accelerator: H100-SXM-80GB, count: 200000}\n");
  EXPECT_NE(count.find("4:42 200k accelerators are more"), std::string::npos) << count;
  EXPECT_EQ(said(kPretrain + "pin: {accelerator: H100-SXM-80GB, count: 64}\n"), "");
}

TEST(SanityOfTime, DeadlineInAcceleratorHours) {
  const std::string pin = "pin: {accelerator: H100-SXM-80GB, count: 64}\n";
  EXPECT_EQ(
      said(kPretrain + "deadline: 19200 h\n" + pin),
      "4:11 a deadline of 19.2k h lies beyond the horizon of 8760 h, at which every run must have ended "
      "[a deadline "
      "is time on the clock: 19.2k accelerator-hours on 64 accelerators are 300 h]\n");
  EXPECT_EQ(said(kPretrain + "deadline: 313 h\n" + pin), "");
  EXPECT_EQ(said(kPretrain + "deadline: 12 months\n" + pin), "");
  EXPECT_TRUE(said(kPretrain + "deadline: 45 days\nhorizon: 1 month\n" + pin)
                  .starts_with("4:11 a deadline of 1080 h"));
}

TEST(SanityOfTime, DeadlineOfSeconds) {
  const std::string soon = said(kPretrain + "deadline: 45 s\n" + kH100);
  EXPECT_EQ(soon, "4:11 no run starts and ends within 45 s [`min`, `h` and `days` are units too]\n");
  EXPECT_EQ(said(kPretrain + "deadline: 1 min\n" + kH100), "");
}

TEST(SanityOfTime, SetupInAcceleratorHours) {
  EXPECT_TRUE(said(kPretrain + "operations: {setup_time: 2000 h}\n" + kH100)
                  .starts_with("4:26 83.3 days of setting up are more than 4 times the 15 days"));
  EXPECT_EQ(said(kPretrain + "operations: {setup_time: 30 days}\n" + kH100), "");
}

TEST(SanityOfMoney, BudgetOfThousandsForMillions) {
  const std::string low = said(kPretrain + "constraints: {budget: $10}\n" + kH100);
  EXPECT_TRUE(low.starts_with("4:23 a budget of $10 is 1/")) << low;
  EXPECT_NE(low.find("[did you mean `$10k`?]"), std::string::npos) << low;
  // Short of money is not short of zeros.
  EXPECT_EQ(said(kPretrain + "constraints: {budget: $5000}\n" + kH100), "");
  EXPECT_EQ(said(kPretrain + "constraints: {budget: $100M}\n" + kH100), "");
}

TEST(SanityOfMoney, PricesOfAnotherMagnitude) {
  const auto site = [](const std::string& key) { return said(kPretrain + "site: {" + key + "}\n" + kH100); };
  EXPECT_NE(site("electricity: 80 USD/kWh").find("[did you mean `0.08 USD/kWh`?]"), std::string::npos);
  EXPECT_NE(site("electricity: 8 USD/kWh").find("[did you mean `0.08 USD/kWh`?]"),
            std::string::npos);  // cents
  EXPECT_TRUE(site("electricity: 0.00008 USD/kWh")
                  .starts_with("4:21 8e-05 USD/kWh is less than 1/3 of the lowest figure"));
  EXPECT_EQ(site("electricity: 0.08 USD/kWh"), "");
  EXPECT_EQ(site("electricity: 0.45 USD/kWh"), "");
  EXPECT_EQ(site("electricity: 0.02 USD/kWh"), "");
  EXPECT_NE(site("facility: 0.15 USD/kW/month").find("[did you mean `150 USD/kW/month`?]"),
            std::string::npos);
  EXPECT_EQ(site("facility: 60 USD/kW/month"), "");
  EXPECT_EQ(site("facility: 0 USD/kW/month"), "");  // one's own room
  EXPECT_NE(site("salary: $180/year").find("[did you mean `180000 USD/year`?]"), std::string::npos);
  EXPECT_EQ(site("salary: $60k/year"), "");
  EXPECT_NE(site("licences: $4.5M/year").find("[did you mean `4500 USD/year`?]"), std::string::npos);
  EXPECT_EQ(site("licences: $4500/year"), "");
}

TEST(SanityOfMoney, OtherMagnitudes) {
  const auto with = [](const std::string& line) { return said(kPretrain + line + "\n" + kH100); };
  EXPECT_TRUE(with("carbon_price: $106k/t").starts_with("4:15 106k USD/t is more than 100 times"));
  EXPECT_EQ(with("carbon_price: $5/t"), "");
  EXPECT_TRUE(with("finance: {rate: 0.08%}").starts_with("4:17 0.08% is less than 1/5"));
  EXPECT_TRUE(with("discount_rate: 0.8").starts_with("4:16 80% is more than 5 times"));
  EXPECT_EQ(with("finance: {rate: 3%}"), "");
  EXPECT_TRUE(with("operations: {debugging: $16M/month}").starts_with("4:25 16M USD/month"));
  EXPECT_EQ(with("operations: {debugging: $160k/month, control_plane: $3300/month, setup: $20k}"), "");
}

TEST(SanityOfMoney, RatesAndSharesBeyondReason) {
  const auto with = [](const std::string& line) { return said(kPretrain + line + "\n" + kH100); };
  EXPECT_TRUE(with("finance: {rate: 8%, tax: 75%}").starts_with("4:26 75% is beyond reason: "));
  EXPECT_TRUE(with("finance: {rate: 8%, inflation: 40%}").starts_with("4:32 40% is beyond reason: "));
  EXPECT_EQ(with("finance: {rate: 8%, tax: 35%, inflation: 10%}"), "");
  EXPECT_TRUE(with("site: {pue: 3.5}").starts_with("4:13 3.5 is beyond reason: "));
  EXPECT_EQ(with("site: {pue: 2.2}"), "");
  EXPECT_TRUE(with("site: {maintenance: 60%}").starts_with("4:21 60% is beyond reason: "));
  EXPECT_TRUE(with("site: {loan: {rate: 60%, term: 36 months}}").starts_with("4:21 60% is beyond reason: "));
  EXPECT_TRUE(with("site: {electricity: 1.1 USD/kWh}").starts_with("4:21 1.1 USD/kWh is more than 3 times"));
  EXPECT_TRUE(with("site: {electricity: 0.004 USD/kWh}").starts_with("4:21 0.004 USD/kWh is less than 1/3"));
}

// The interest of a loan is in the cash; the cost of capital holds it too.
TEST(SanityOfMoney, InterestThatCountsTwice) {
  const std::string mix = "finance: {wacc: {debt: 40%, interest: 7%, equity_return: 12%}}\n";
  const auto with = [](const std::string& lines) { return said(kPretrain + lines + kH100); };
  const std::string loan = "site: {loan: {rate: 8%, term: 36 months}}\n";
  EXPECT_TRUE(with(mix + loan).starts_with("4:17 interest counts twice")) << with(mix + loan);
  EXPECT_NE(with(mix + "site: {financing: 8%}\n").find("`site.financing`"), std::string::npos);
  EXPECT_EQ(with(mix), "");
  EXPECT_EQ(with("finance: {rate: 12%}\n" + loan), "");
  EXPECT_EQ(with("finance: {wacc: {debt: 0%, interest: 7%, equity_return: 12%}}\n" + loan), "");
}

// Serving for years: owning costs less in the end, and all of it at the start.
const std::string kYears =
    "kind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {prompt_tokens: 1000, output_tokens: 200, "
    "requests_per_second: 200}\n";

TEST(SanityOfMoney, PurchaseOverYearsWithoutARate) {
  const std::string years = said(kYears + "horizon: 48 months\n" + kH100);
  EXPECT_TRUE(years.starts_with("5:10 money of 48 months is compared without a rate: on-prem/")) << years;
  EXPECT_NE(years.find("[add `finance: {rate: 8%}`]"), std::string::npos) << years;
  EXPECT_EQ(said(kYears + "horizon: 48 months\nfinance: {rate: 8%}\n" + kH100), "");
  EXPECT_EQ(said(kYears + "horizon: 48 months\nsite: {loan: {rate: 8%, term: 36 months}}\n" + kH100), "");
  EXPECT_EQ(said(kYears + "horizon: 12 months\n" + kH100), "");
  EXPECT_EQ(said(kYears + "horizon: 48 months\nconstraints: {options: [cloud, rental]}\n" + kH100), "");
  // Where renting costs less, a rate would only say so more clearly.
  EXPECT_EQ(said(kPretrain + "horizon: 48 months\n" + kH100), "");
}

TEST(Sanity, PointsIntoTheFullForm) {
  const std::string text =
      "workloads:\n  - name: a\n    model: {preset: llama-3-8b}\n    dataset: {tokens: 100B}\n  - name: b\n  "
      "  kind: "
      "fine-tuning\n    model: {preset: llama-3-8b}\n    dataset: {tokens: 50M}\n    pin: {accelerator: "
      "H100-SXM-80GB}\n";
  EXPECT_TRUE(said(text).starts_with("9:23 `tokens` without `epochs`")) << said(text);
}

TEST(Rounded, KeepsThreeDigitsAndScales) {
  EXPECT_EQ(rounded(0), "0");
  EXPECT_EQ(rounded(0.08), "0.08");
  EXPECT_EQ(rounded(0.00018749), "0.000187");
  EXPECT_EQ(rounded(8760), "8760");
  EXPECT_EQ(rounded(9999), "10k");
  EXPECT_EQ(rounded(999'600), "1M");
  EXPECT_EQ(rounded(8'030'261'248), "8.03B");
  EXPECT_EQ(rounded(2e12), "2T");
  EXPECT_EQ(rounded(1.2e18), "1.2e+18");
}

// Setting up may outlast the deadline: spot capacity with something to fall back on then has no time left.
TEST(SpotWithDeadline, BeforeItIsSetUp) {
  const Plan plan = testing::plan_of(
      kPretrain +
      "deadline: 1 day\noperations: {setup_time: 3 days}\n"
      "constraints: {purchases: [spot], options: [cloud]}\npin: {accelerator: H100-SXM-80GB, count: 64}\n");
  ASSERT_FALSE(plan.options.empty());
  for (const PlanOption& o : plan.options) EXPECT_FALSE(o.meets_deadline) << o.id;
}

}  // namespace
}  // namespace capplan
