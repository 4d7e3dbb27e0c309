"""House habits that a syntax tree can show: size, module-level state, silenced checks."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

MUTABLE_CALLS = frozenset(
    {"dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict", "WeakKeyDictionary"}
)
MUTATING_METHODS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft"}
    | {"remove", "setdefault", "sort", "update", "reverse", "rotate", "intersection_update", "difference_update"}
)
CACHING_DECORATORS = frozenset({"cache", "lru_cache"})
BROAD = frozenset({"Exception", "BaseException"})
Functions = ast.FunctionDef | ast.AsyncFunctionDef


def length_over(text: str, limit: int) -> Iterator[str]:
    """The number of lines, if it is over the limit."""
    length = len(text.splitlines())
    if length > limit:
        yield f"{length} lines"


def long_functions(tree: ast.AST, limit: int) -> Iterator[str]:
    """Functions that take more than `limit` lines, docstring counted; a decorator may hold a table of cases."""
    for node in ast.walk(tree):
        if isinstance(node, Functions) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > limit:
                yield f"{node.name} at line {node.lineno}: {length} lines"


def global_statements(tree: ast.AST) -> Iterator[str]:
    """Every `global`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"global {', '.join(node.names)} at line {node.lineno}"


def mutated_containers(tree: ast.Module) -> Iterator[str]:
    """Module-level lists, dicts and sets that a function changes, and functions with a process-wide cache.

    A container filled while the module loads and only read afterwards is a constant, so only changes made inside
    functions count: item assignment and deletion, `+=` and the mutating methods. A cached function without parameters
    is a constant that is loaded late.
    """
    containers = set(_module_level_containers(tree))
    for function in (node for node in ast.walk(tree) if isinstance(node, Functions | ast.Lambda)):
        for node in ast.walk(function):
            for name in _changed_names(node):
                if name in containers:
                    yield f"{name} is changed at line {getattr(node, 'lineno', 0)}"
        for decorator in getattr(function, "decorator_list", []):
            if _last_name(decorator) in CACHING_DECORATORS and _parameters(function.args):
                yield f"{getattr(function, 'name', '')} at line {decorator.lineno} keeps a process-wide cache"


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*named, *filter(None, (arguments.vararg, arguments.kwarg))]


def _module_level_containers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) or node is tree:
            for statement in node.body:
                targets, value = _assignment(statement)
                if value is not None and _is_container(value):
                    yield from (target.id for target in targets if isinstance(target, ast.Name))


def _assignment(statement: ast.stmt) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(statement, ast.Assign):
        return statement.targets, statement.value
    if isinstance(statement, ast.AnnAssign):
        return [statement.target], statement.value
    return [], None


def _is_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _last_name(value) in MUTABLE_CALLS
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def _last_name(node: ast.expr) -> str:
    """`cache` of `cache`, `functools.cache` and `functools.cache(…)` alike."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _changed_names(node: ast.AST) -> Iterator[str]:
    """The names whose container this node changes; an attribute counts by its last part (`cls.REGISTRY`)."""
    changed: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        changed += [target.value for target in node.targets if isinstance(target, ast.Subscript)]
    elif isinstance(node, ast.AugAssign):
        changed.append(node.target.value if isinstance(node.target, ast.Subscript) else node.target)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATING_METHODS:
        changed.append(node.func.value)
    for target in changed:
        if isinstance(target, ast.Name) or (isinstance(target, ast.Attribute) and _last_name(target.value) == "cls"):
            yield _last_name(target)


def comments(text: str) -> dict[int, str]:
    """The comment on each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def type_ignores(text: str) -> list[tuple[int, bool]]:
    """Each `type: ignore`: its line, and whether it names the codes it silences."""
    found = ((line, re.search(r"#\s*type:\s*ignore(\[[\w, -]+\])?", text)) for line, text in comments(text).items())
    return [(line, match[1] is not None) for line, match in found if match]


def unexplained_broad_excepts(text: str, tree: ast.AST) -> Iterator[str]:
    """`except:` and `except Exception` without a reason in a comment on the line or the line before it.

    A handler that ends by raising again catches nothing.
    """
    notes = comments(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node):
            around = " ".join(notes.get(line, "") for line in (node.lineno - 1, node.lineno))
            if not re.search(r"\w{2,}", re.sub(r"noqa(:\s*[A-Z0-9, ]+)?|type:\s*ignore(\[[^]]*\])?", "", around)):
                yield f"broad except without a reason at line {node.lineno}"


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_broad(caught: ast.expr | None) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or _last_name(name) in BROAD for name in names)
