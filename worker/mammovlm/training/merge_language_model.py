"""Write the tuned language model as one folder that another engine serves, such as vLLM.

Run it as ``python -m mammovlm.training.merge_language_model --weights FOLDER --out DIR``. The word
embeddings stay those of the base, so a worker that sends prompt embeddings needs only the base.
"""

from pathlib import Path

import click

from mammovlm.errors import WeightsUnusable
from mammovlm.model.language_model import PART
from mammovlm.model.language_model_base import folder_base
from mammovlm.model.language_model_tuning import merged, tuning_from_tensors
from mammovlm.model.weights import WeightsFolder


def merge_language_model(weights: Path, out: Path) -> None:
    """Add the tuned pairs to their base and write both as one model.

    Parameters
    ----------
    weights
        A weights folder of `paper`: its card lists ``language_model``, and the base lies in the
        folder of that name.
    out
        A new folder, in transformers' layout.

    Raises
    ------
    WeightsUnusable
        Where weights are missing, damaged, or tuned on another base.
    """
    folder = WeightsFolder(weights)
    if not folder.has(PART):
        raise WeightsUnusable(f"The card in {weights.name} lists no tuned language model.")
    tuning = tuning_from_tensors(folder.tensors(PART))
    base = folder_base(weights / PART)
    if tuning.base_sha256 != base.sha256:
        raise WeightsUnusable("The language model was tuned on other base weights.")
    merged(base.causal_lm, tuning).save_pretrained(out)
    base.tokenizer.save_pretrained(out)


@click.command()
@click.option("--weights", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(weights: Path, out: Path) -> None:
    """Merge tuned weights of FOLDER into a model for another engine, in DIR."""
    try:
        merge_language_model(weights, out)
    except WeightsUnusable as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Written to {out}. Serve it there, for instance: vllm serve {out}")


if __name__ == "__main__":
    main()
