"""Every text that the code refuses a request with, as found in its syntax."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = (
    "domain",
    "desk",
    "ledger",
    "api",
    "console",
    "face",
    "audit",
    "handbooks",
    "runtime",
)
ROOTS: Final = (
    "IssueError",
    "CalendarError",
    "DurationTextError",
    "RefusedAddressError",
    "SealedPayloadError",
    "UnopenedTextError",
)
OF_A_FACE: Final = {
    "HTTPException": 1,
    "RequestRefusedError": 1,
    "BodyRefusedError": 1,
    "UnauthenticatedError": 0,
    "NotReachedError": 0,
    "EvidenceError": 0,
    "Open311Error": 1,
    "Wrong": 1,
    "answer_to_status": 2,
}
"""What else is told, and which argument says it."""
SHARED: Final = {"not_there": 0, "require_another_hand": 1}
"""Functions of other modules that refuse with the text they are given."""
REFUSES: Final = re.compile(
    r"(Error|HTTPException|answer_to_status|not_there|require_another_hand|exceeded|Wrong)\("
)
"""What stands in every file that is worth a look: to read them all takes seconds."""
JUDGES: Final = re.compile(
    r"domain/(model|personal|vouching|(order_)?commands\w*)\.py|desk/(principals|subscribed)\.py|(api|face)/(?!oidc\.py).*"
)
"""Whose `ValueError` a caller of the face is told: those of the zone's files are in a handbook."""
APART: Final = ("api/client/", "desk/importing/", "handbooks/calendars/cases.py")
"""Of other programs, or of operators alone."""


@dataclass
class Scope:
    """A function, or a module without its functions: what it calls, and what its names are."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module
    calls: list[ast.Call] = field(default_factory=list)
    names: dict[str, list[ast.expr]] = field(default_factory=dict)
    results: list[ast.expr] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called; empty for a module."""
        return "" if isinstance(self.node, ast.Module) else self.node.name

    @property
    def arguments(self) -> list[str]:
        """What its arguments are called, whose it is left out."""
        if isinstance(self.node, ast.Module):
            return []
        names = [each.arg for each in self.node.args.args]
        return names[1:] if names[:1] in (["self"], ["cls"]) else names


def texts() -> dict[str, str]:
    """Return each template with one place where it stands; fields are numbered in order."""
    trees = {
        path.relative_to(ROOT).as_posix(): ast.parse(source)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(APART)
        and REFUSES.search(source := path.read_text(encoding="utf-8"))
    }
    kinds = _kinds(list(trees.values()))
    found: dict[str, str] = {}
    for place, tree in trees.items():
        for each in _said(place, tree, kinds):
            found.setdefault(each, place)
    return found


def _kinds(trees: list[ast.Module]) -> set[str]:
    """Return the names of what is told, or told again in its own words, and all classes below."""
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    kinds, before = set(ROOTS), 0
    while before != len(kinds):
        before = len(kinds)
        for each in classes:
            if any(isinstance(base, ast.Name) and base.id in kinds for base in each.bases):
                kinds.add(each.name)
    return kinds


def _said(place: str, tree: ast.Module, kinds: set[str]) -> Iterator[str]:
    scopes = [Scope(tree)]
    _read(tree, scopes[0], scopes)
    passing = dict(_passing(scopes, kinds)) | SHARED
    told = kinds | {"ValueError"} if JUDGES.fullmatch(place) else kinds
    for scope in scopes:
        known = scopes[0].names | scope.names
        if scope.name == "exceeded":
            yield from _templates(scope.results, {})
        if scope.name in passing and not isinstance(scope.node, ast.Module):
            yield from _templates(scope.node.args.defaults, {})
        for call in scope.calls:
            yield from _templates(_telling(call, told, passing, place), known)


def _telling(
    call: ast.Call, kinds: set[str], passing: dict[str, int], place: str
) -> list[ast.expr]:
    """Return which arguments of a call are told."""
    name = _name(call)
    if name in kinds:
        return call.args[:1]
    if name == "append":
        return call.args if ast.unparse(call.func) == "wrong.append" else []
    if name in passing:
        return call.args[passing[name] :][:1]
    if name not in OF_A_FACE or place.startswith("handbooks/"):
        return []
    said = call.args[OF_A_FACE[name] :]
    keywords = [each.value for each in call.keywords if each.arg == "detail"]
    return [*(said if name == "Open311Error" else said[:1]), *keywords]


def _passing(scopes: list[Scope], kinds: set[str]) -> Iterator[tuple[str, int]]:
    """Return the functions that refuse with a text they are given, and which argument it is."""
    for scope in scopes:
        for call in scope.calls:
            if _name(call) in kinds and call.args:
                first = call.args[0]
                if isinstance(first, ast.Name) and first.id in scope.arguments:
                    yield scope.name, scope.arguments.index(first.id)


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _read(node: ast.AST, scope: Scope, scopes: list[Scope]) -> None:
    """Take down what stands in a scope, and in those within."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scopes.append(Scope(child))
                _read(child, scopes[-1], scopes)
                continue
            case ast.Call():
                scope.calls.append(child)
            case ast.Return(value=ast.expr() as value):
                scope.results.append(value)
            case ast.Assign(targets=[ast.Name(id=name), *_], value=value):
                scope.names.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                scope.names.setdefault(name, []).append(value)
            case _:
                pass
        _read(child, scope, scopes)


def _templates(nodes: Sequence[ast.expr], known: dict[str, list[ast.expr]]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=values):
                yield _template(values)
            case ast.IfExp(body=one, orelse=other):
                yield from _templates([one, other], known)
            case ast.Name(id=name):
                yield from _templates(known.get(name, []), {})
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                behind = list(_templates([right], known))
                yield from (
                    f"{one}{other}" for one in _templates([left], known) for other in behind
                )
            case ast.Starred(value=ast.GeneratorExp(elt=each)):
                yield from _templates([each], known)
            case _:
                pass


def _template(values: list[ast.expr]) -> str:
    text, count = "", 0
    for each in values:
        if isinstance(each, ast.Constant):
            text += str(each.value)
        else:
            text += f"{{{count}}}"
            count += 1
    return text
