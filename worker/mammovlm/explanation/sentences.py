"""The types of a language's sentences, under the name by which the training stages know them."""

from mammovlm.words.sentences import Sentences, Shape, Term

__all__ = ["Sentences", "Shape", "Term"]
