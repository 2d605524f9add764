"""The English sentences, under the name by which the training stages know them."""

from mammovlm.words.english import ENGLISH

__all__ = ["ENGLISH"]
