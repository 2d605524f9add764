"""No words without tuned weights; no weights but those that were expected."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import ModelPart
from mammovlm.model.language_model import (
    PART,
    UNTUNED,
    SoftPrefixLanguageModel,
    load_language_model,
    tuned,
)
from mammovlm.model.language_model_base import folder_base
from mammovlm.model.language_model_tuning import (
    Tuning,
    save_tuning,
    tuning_from_tensors,
    with_lora,
)
from mammovlm.model.memory_needs import Quantisation
from mammovlm.model.soft_prefix import word_embeddings_of
from mammovlm.model.weights import WeightsFolder
from mammovlm.model.write_request import WriteRequest
from mammovlm.study import HANGING_ORDER
from mammovlm.training.merge_language_model import main as merge_main
from tiny_language_models import save_tiny, tiny_model, tiny_tokenizer, weights_folder

EMBEDDINGS = np.random.default_rng(0).normal(size=(4, 128)).astype(np.float32)


def test_without_tuned_weights_it_says_nothing_and_says_so(tmp_path: Path) -> None:
    model = load_language_model("compact", WeightsFolder(tmp_path), tmp_path)
    assert model.write(WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER)) == ""
    assert model.part == ModelPart("language model", "SmolLM2-135M-Instruct", None, UNTUNED)
    assert UNTUNED == "not tuned, not used"


@pytest.mark.parametrize("kind", ["llama", "glm"])
def test_a_tuned_model_writes_the_same_words_twice(tmp_path: Path, kind: str) -> None:
    model = load_language_model("paper", weights_folder(tmp_path, kind), tmp_path)
    first = model.write(WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER))
    assert first
    assert model.write(WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER)) == first
    assert model.part.weights_sha256 is not None


@pytest.mark.parametrize("kind", ["llama", "glm"])
def test_the_share_of_a_first_word_reads_the_images_and_complements_the_other(
    tmp_path: Path, kind: str
) -> None:
    model = load_language_model("paper", weights_folder(tmp_path, kind), tmp_path)
    shares = [
        model.first_word_share(WriteRequest("So?", EMBEDDINGS * times, HANGING_ORDER), words)
        for times, words in ((5, ("y", "n")), (5, ("n", "y")), (-5, ("y", "n")))
    ]
    yes, no, other_woman = (share or 0 for share in shares)
    assert 0 < yes < 1
    assert yes + no == pytest.approx(1, abs=1e-5)
    assert yes != other_woman


def test_another_womans_embeddings_change_the_words(tmp_path: Path) -> None:
    model = load_language_model("paper", weights_folder(tmp_path, "llama"), tmp_path)
    first = model.write(WriteRequest("Breasts: right.", EMBEDDINGS * 5, HANGING_ORDER))
    assert model.write(WriteRequest("Breasts: right.", -EMBEDDINGS * 5, HANGING_ORDER)) != first


def test_merged_weights_compute_what_the_pairs_computed(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path, "llama")
    tuning = tuning_from_tensors(folder.tensors(PART))
    apart = with_lora(folder_base(tmp_path / PART).causal_lm, tuning.rank, tuning.scaling)
    apart.load_state_dict(
        {
            name.replace(".weight", ".default.weight"): tensor.float()
            for name, tensor in tuning.lora.items()
        },
        strict=False,
    )
    base = folder_base(tmp_path / PART)
    tuned(base, tuning, ModelPart("language model", "", None, ""))
    numbers = torch.randint(0, 100, (1, 9))
    with torch.no_grad():
        expected = apart(input_ids=numbers).logits
        untuned = folder_base(tmp_path / PART).causal_lm(input_ids=numbers).logits
        found = base.causal_lm(input_ids=numbers).logits
    assert torch.allclose(found, expected, atol=1e-4)
    assert not torch.allclose(untuned, expected, atol=1e-2)


def test_weights_tuned_on_another_base_are_refused(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path, "llama", base_sha256="ab" * 32)
    with pytest.raises(WeightsUnusable, match="tuned on other base weights"):
        load_language_model("paper", folder, tmp_path)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path, "llama")
    path = tmp_path / "tuned.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsUnusable, match="not the expected file"):
        load_language_model("paper", folder, tmp_path)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    (tmp_path / "glm").mkdir()
    folder = weights_folder(tmp_path / "glm", "glm")
    tuning = tuning_from_tensors(folder.tensors(PART))
    save_tiny("llama", tmp_path / "llama")
    base = folder_base(tmp_path / "llama")
    other = Tuning(tuning.lift_weight, tuning.lift_bias, tuning.lora, 2.0, base.sha256)
    with pytest.raises(WeightsUnusable, match="another architecture"):
        tuned(base, other, ModelPart("language model", "", None, ""))


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(WeightsUnusable, match=r"lift\.weight"):
        tuning_from_tensors({"umicon.weight": torch.zeros(1)})


def test_a_model_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    save_tiny("glm", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_chatglm.ChatGLM"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsUnusable, match="code of its own"):
        folder_base(tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    save_tiny("llama", tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(WeightsUnusable, match="safetensors"):
        folder_base(tmp_path)


def test_an_untuned_model_object_has_no_voice() -> None:
    silent = SoftPrefixLanguageModel(ModelPart("language model", "", None, UNTUNED))
    assert silent.write(WriteRequest("Say something.", EMBEDDINGS, HANGING_ORDER)) == ""


def test_embeddings_and_views_must_agree_in_number(tmp_path: Path) -> None:
    model = load_language_model("paper", weights_folder(tmp_path, "llama"), tmp_path)
    with pytest.raises(ValueError, match="soft tokens"):
        model.write(WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER[:2]))


@pytest.mark.parametrize("kind", ["llama", "glm", "qwen2"])
def test_several_studies_at_once_get_the_words_that_each_gets_alone(
    tmp_path: Path, kind: str
) -> None:
    model = load_language_model("paper", weights_folder(tmp_path, kind), tmp_path)
    prompts = ("Breasts: right.", "Breasts: right, left. Density: C.", "Missing: left CC.")
    requests = [
        WriteRequest(prompt, EMBEDDINGS[: 4 - row] * (row + 1), HANGING_ORDER[: 4 - row], likely)
        for row, (prompt, likely) in enumerate(zip(prompts, ((), ("a b",), ()), strict=True))
    ]
    alone = [model.write(one) for one in requests]
    assert all(alone)
    assert model.write_together(requests) == alone
    assert model.write_together([]) == []


def test_a_model_in_shards_is_the_same_model(tmp_path: Path) -> None:
    save_tiny("glm", tmp_path)
    whole = folder_base(tmp_path)
    whole.causal_lm.save_pretrained(tmp_path / "sharded", max_shard_size="20KB")
    tiny_tokenizer().save_pretrained(tmp_path / "sharded")
    assert len(list((tmp_path / "sharded").glob("*.safetensors"))) > 2
    sharded = folder_base(tmp_path / "sharded")
    expected = whole.causal_lm.state_dict()
    assert all(torch.equal(expected[k], v) for k, v in sharded.causal_lm.state_dict().items())


def test_a_missing_shard_is_refused_by_its_name(tmp_path: Path) -> None:
    tiny_model("glm").save_pretrained(tmp_path, max_shard_size="20KB")
    tiny_tokenizer().save_pretrained(tmp_path)
    gone = sorted(tmp_path.glob("*.safetensors"))[1]
    gone.unlink()
    with pytest.raises(WeightsUnusable, match=gone.name):
        folder_base(tmp_path)


@pytest.mark.parametrize("kind", ["llama", "glm"])
@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_quantised_weights_take_less_memory_and_still_write(
    tmp_path: Path, kind: str, bits: Quantisation
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    folder = weights_folder(tmp_path, kind)
    whole = load_language_model("paper", folder, tmp_path)
    small = load_language_model("paper", folder, tmp_path, quantisation=bits)
    assert _bytes(small) < _bytes(whole) / (1.5 if bits == "int8" else 2)
    assert small.part.architecture.endswith(f", {bits} weights")
    assert small.part != whole.part
    requests = [WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER)] * 2
    alone = small.write(WriteRequest("Breasts: right.", EMBEDDINGS, HANGING_ORDER))
    assert alone
    assert small.write_together(requests) == [alone, alone]


def _bytes(model: SoftPrefixLanguageModel) -> int:
    assert model._base
    return sum(each.numel() * each.element_size() for each in model._base.causal_lm.parameters())


def test_without_the_library_quantisation_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(WeightsUnusable, match="--no-deps bitsandbytes=="):
        load_language_model("paper", weights_folder(tmp_path, "glm"), tmp_path, quantisation="int8")


def test_tuned_weights_merged_for_another_engine_are_the_model_that_runs_here(
    tmp_path: Path,
) -> None:
    here = load_language_model("paper", weights_folder(tmp_path, "glm"), tmp_path)
    done = CliRunner().invoke(
        merge_main, ["--weights", str(tmp_path), "--out", str(tmp_path / "merged")]
    )
    assert done.exit_code == 0, done.output
    assert "vllm serve" in done.output
    assert here._base
    expected = here._base.causal_lm.state_dict()
    written = folder_base(tmp_path / "merged")
    base = folder_base(tmp_path / PART)
    found = written.causal_lm.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    embedding, original = (word_embeddings_of(one.causal_lm) for one in (written, base))
    assert torch.equal(embedding.weight, original.weight)


def test_there_is_nothing_to_merge_without_tuned_weights(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        merge_main, ["--weights", str(tmp_path), "--out", str(tmp_path / "merged")]
    )
    assert done.exit_code == 1
    assert "no tuned language model" in done.output


def test_the_same_tuning_is_the_same_file_byte_for_byte(tmp_path: Path) -> None:
    tuning = Tuning(torch.ones(4, 3), torch.ones(4), {"a": torch.ones(2, 2)}, 2.0, "00" * 32)
    told = {name: name for name in ("config", "trained_on", "exams", "base", "steps", "seed")}
    written = set()
    for turn in range(8):
        path = tmp_path / f"{turn}.safetensors"
        save_tuning(tuning, path, told)
        written.add(path.read_bytes())
    assert len(written) == 1
