#include "backtest/run_record.h"

#include <gtest/gtest.h>

#include "backtest/interconnect.h"

namespace capplan {
namespace {

RunRecords read(const std::string& text) { return read_run_records({"runs.jsonl", text}); }

TEST(RunRecord, InputsStandApartFromWhatWasMeasured) {
  const RunRecords r = read(
      R"({"id":"a","model_name":"GPT","n_layers":24,"hidden":2048,"step_time_s":0.5,"tokens_per_s_per_gpu":12000,)"
      R"("measured_x":3,"flash_attention":true,"score_target":"step_time_s"})");
  ASSERT_EQ(r.runs.size(), 1U);
  EXPECT_TRUE(r.problems.empty());
  const RunRecord& run = r.runs.front();
  EXPECT_EQ(run.metric, "step_time_s");
  EXPECT_EQ(run.inputs.whole("n_layers"), 24);
  EXPECT_EQ(run.inputs.is("flash_attention"), true);
  EXPECT_FALSE(run.inputs.get("step_time_s"));
  EXPECT_FALSE(run.inputs.get("measured_x"));
  EXPECT_EQ(run.measured.at("step_time_s"), 0.5);
}

TEST(RunRecord, ValuesOutsideTheDocumentedCountAsAbsent) {
  const RunRecords r =
      read(R"({"id":"a","n_layers":-3,"hidden":"wide","micro_batch":0,"fsdp":"yes","seq_len":2048})");
  const RunInputs& in = r.runs.at(0).inputs;
  for (const char* key : {"n_layers", "hidden", "micro_batch"}) EXPECT_FALSE(in.get(key)) << key;
  EXPECT_FALSE(in.is("fsdp"));
  EXPECT_EQ(in.get("seq_len"), 2048);
}

TEST(RunRecord, ALineThatIsNoRunIsLocatedAndTheOthersStay) {
  const RunRecords r = read("{\"id\":\"a\"}\n[1]\n\n{\"name\":\"b\"}\nnonsense\n{\"id\":\"c\"}\n");
  ASSERT_EQ(r.runs.size(), 2U);
  ASSERT_EQ(r.problems.size(), 3U);
  EXPECT_EQ(r.problems[0].location.line, 2);
  EXPECT_EQ(r.problems[1].location.line, 4);
  EXPECT_EQ(r.problems[2].location.line, 5);
}

TEST(RunRecord, AFileWithoutRunsIsWrong) {
  for (const char* text : {"", "\n \n"}) EXPECT_EQ(read(text).problems.size(), 1U);
}

TEST(Interconnect, HostileWords) {
  EXPECT_FALSE(read_interconnect(std::string(400, '9') + " Gbps per node", 8));
  EXPECT_FALSE(read_interconnect("1 Gb/s " + std::string(300000, 'a'), 8));
}

TEST(Interconnect, WordsOfRecords) {
  struct Case {
    const char* words;
    double gigabytes;
  };
  for (const Case& c :
       {Case{"NVLink + 1600 Gbps node-node RoCE", 200}, Case{"NVLink4 + 8x400G NDR IB (DGX-H100)", 400},
        Case{"NVLink + 8x HDR200 IB (Selene)", 200},
        Case{"800 Gb/s per node (4x HDR200) per vTrain config", 100},
        Case{"NVLink + 400 Gb/s RDMA per GPU (Grand Teton), 500W H100", 400},
        Case{"net: Storage: 2x ConnectX-7 IB NDR 400Gb/s, Compute: 8x ConnectX-7 IB NDR 400Gb/s, Management: "
             "100Gb/s",
             400},
        Case{"NVL72 NVLink5 + 4x400G", 200}}) {
    const auto rate = read_interconnect(c.words, 8);
    ASSERT_TRUE(rate) << c.words;
    EXPECT_DOUBLE_EQ(rate->base(), c.gigabytes * 1e9) << c.words;
  }
  for (const char* none : {"", "NVLink", " | net: ", "ICI 2D torus in slice"})
    EXPECT_FALSE(read_interconnect(none, 8)) << none;
}

}  // namespace
}  // namespace capplan
