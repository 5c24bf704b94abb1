"""Keeps known secrets out of every text that leaves the process."""

import json

from pydantic import BaseModel, SecretBytes, SecretStr


class Scrubber:
    """Learns secrets and takes them out of texts."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, secret: str) -> None:
        """Secrets shorter than four characters are passed over: they would blank out ordinary words."""
        for form in (secret, json.dumps(secret)[1:-1], *secret.splitlines()):
            if len(form) >= 4:
                self._known.add(form)

    def learn_model(self, model: BaseModel) -> None:
        """Learns every secret field of a model, nested ones too."""
        for name in type(model).model_fields:
            self._learn_value(getattr(model, name, None))

    def _learn_value(self, value: object) -> None:
        if isinstance(value, SecretStr):
            self.learn(value.get_secret_value())
        elif isinstance(value, SecretBytes):
            self.learn(value.get_secret_value().decode(errors="replace"))
        elif isinstance(value, BaseModel):
            self.learn_model(value)
        elif isinstance(value, dict):
            for inner in value.values():
                self._learn_value(inner)
        elif isinstance(value, (list, tuple, set)):
            for inner in value:
                self._learn_value(inner)

    def clean(self, text: str) -> str:
        """The text with every known secret, the longest first, replaced."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text
