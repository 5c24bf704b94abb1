"""YAML text to plain values, with the line and column of every one of them.

The nodes are read, not the constructed objects: so every duplicate key is seen with its line, and no YAML tag can make
anything but text, numbers, true, false, null, lists and mappings.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from recovery.plan_fault import Finding, Where

Place = tuple[int, int]
_VARIABLE = re.compile(r"\$\{([^}:]*)(?::-([^}]*))?\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG = "tag:yaml.org,2002:"
DEEPEST = 20


class Unreadable(Exception):
    """The text is not YAML. `place` is where reading stopped."""

    def __init__(self, what: str, place: Place) -> None:
        self.what, self.place = what, place
        super().__init__(what)


class Tree:
    """A plan's text, read.

    Args:
        text: the YAML.
        environment: what `${NAME}` stands for.

    Raises:
        Unreadable: it is not YAML.
    """

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self.places: dict[Where, Place] = {(): (1, 1)}
        self.findings: list[tuple[Place, Finding]] = []
        self._environment = environment
        root = _compose(text)
        self.data: Any = None if root is None else self._value(root, ())

    def place(self, where: Where) -> Place:
        """Where a value stands; for one that is missing, the place of the nearest thing that should hold it."""
        while where not in self.places:
            where = where[:-1]
        return self.places[where]

    def _fault(self, node: Node, where: Where, what: str, write_instead: str) -> None:
        self.findings.append((_place(node), Finding(where, what, write_instead)))

    def _value(self, node: Node, where: Where) -> Any:
        self.places.setdefault(where, _place(node))
        if len(where) > DEEPEST:
            return self._fault(node, where, "this is nested too deeply, or holds itself", "the keys of docs/plan.md")
        if isinstance(node, MappingNode):
            return self._mapping(node, where)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*where, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, where)

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._fault(key_node, where, "a key must be a word", "a key of docs/plan.md")
                continue
            key = str(key_node.value)
            inner = (*where, key)
            if key in seen:
                first = self.places[inner][0]
                self._fault(key_node, inner, f"this key is here twice, first in line {first}", "only one of them")
                continue
            self.places[inner] = _place(key_node)
            seen[key] = self._value(value_node, inner)
        return seen

    def _scalar(self, node: ScalarNode, where: Where) -> Any:
        kind = str(node.tag).removeprefix(_TAG)
        text = self._substitute(node, where)
        if kind == "str" or text != node.value:
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        try:
            if kind == "int":
                return int(text.replace("_", ""), 0)
            if kind == "float":
                return float(text.replace("_", ""))
        except ValueError:  # 010, .inf: let the plan's own types judge the text
            return text
        if node.style is None and kind == "timestamp":
            return text
        return self._fault(node, where, f"the YAML tag {node.tag} is not allowed", "the value without a tag")

    def _substitute(self, node: ScalarNode, where: Where) -> str:
        """Puts the environment in the place of `${NAME}` and `${NAME:-default}`."""

        def value_of(match: "re.Match[str]") -> str:
            name, default = match.group(1), match.group(2)
            if not _NAME.fullmatch(name):
                self._fault(
                    node, where, f"{match.group(0)} names no environment variable", "${NAME} or ${NAME:-default}"
                )
            elif self._environment.get(name):
                return self._environment[name]
            elif default is None:
                self._fault(
                    node,
                    where,
                    f"the environment variable {name} is not set",
                    f"${{{name}:-default}}, or set {name} before",
                )
            return default or ""

        return _VARIABLE.sub(value_of, str(node.value))


class _Mark(NamedTuple):
    line: int
    column: int


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _compose(text: str) -> Node | None:
    try:
        return YAML(typ="rt").compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or _Mark(0, 0)
        problem = str(error.problem or error.context or "unknown").strip()
        raise Unreadable(f"this is not YAML: {problem}", (mark.line + 1, mark.column + 1)) from error
    except (YAMLError, ValueError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
        raise Unreadable(f"this is not YAML: {str(error).splitlines()[0]}", (line, 1)) from error
    except (RecursionError, AttributeError, IndexError, TypeError, AssertionError) as error:
        # What ruamel.yaml lets slip on texts that are far from YAML.
        raise Unreadable("this is not YAML", (1, 1)) from error
