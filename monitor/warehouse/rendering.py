"""Templates in `profiles.yml`, rendered as dbt renders them: a sandbox that knows `env_var` and dbt's own filters.

`as_text` keeps a value text; `as_number`, `as_bool` and `as_native` read it as Python writes it; without them a value
is text, unless a filter of Jinja made something else of it (`int`). Secrets (`DBT_ENV_SECRET_…`) are read like others,
and like others never told: errors name variables and places, never values.
"""

from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_MARKS = ("{{", "{%", "{#")
_KNOWN = "{{ env_var('NAME') }}, {{ env_var('NAME', 'default') }} and filters of Jinja and dbt are"
_TRUTHS = {"true": True, "false": False}


class _Said(str):
    """A value and how a filter wants it read."""

    __slots__ = ("wanted",)
    wanted: str


def _wants(kind: str) -> Callable[[Any], _Said]:
    def marked(value: Any) -> _Said:
        said = _Said(value)
        said.wanted = kind
        return said

    return marked


_FILTERS = {f"as_{kind}": _wants(kind) for kind in ("text", "bool", "number", "native")}


def rendered(value: Any, env: Mapping[str, str], where: str) -> Any:
    """A value of the file with all templates inside it rendered. Raises ConfigError, which names the place."""
    if isinstance(value, Mapping):
        return {key: rendered(inner, env, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [rendered(inner, env, where) for inner in value]
    if not isinstance(value, str) or not any(mark in value for mark in _MARKS):
        return value
    return _one(value, env, where)


def _one(value: str, env: Mapping[str, str], where: str) -> Any:
    import jinja2  # noqa: PLC0415 - most values are no templates

    def env_var(name: str, default: str | None = None) -> str:
        found = env.get(name, default)
        if found is None:
            raise ConfigError(f"the environment variable {name} is not set", where=where, hint=f"export {name}=…")
        return found

    try:
        template = _sandbox().from_string(value)
    except jinja2.TemplateSyntaxError as error:
        if where.endswith((".password", ".pass")):
            return value  # dbt lets a password look like a broken template
        raise ConfigError("the template cannot be read", where=where, hint=str(error.message)) from None
    try:
        return _native(list(template.root_render_func(template.new_context({"env_var": env_var}))), where)
    except jinja2.UndefinedError as error:
        raise ConfigError(
            f"the template cannot be rendered: {error.message}", where=where, hint=f"{_KNOWN} known"
        ) from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ConfigError(
            f"the template cannot be rendered: {type(error).__name__}", where=where, hint=f"{_KNOWN} known"
        ) from None


def _native(parts: list[Any], where: str) -> Any:
    """One expression keeps what it is, or is read as its filter says; several are text."""
    if len(parts) != 1:
        return "".join(map(str, parts))
    said = parts[0]
    if not isinstance(said, _Said) or said.wanted == "text":
        text = str(said)  # what is undefined says so here
        return text if isinstance(said, str) else said
    try:
        read = _TRUTHS[said.lower()] if said.lower() in _TRUTHS else literal_eval(said)
    except (ValueError, SyntaxError, MemoryError):
        read = str(said)
    is_truth = isinstance(read, bool)
    if said.wanted == "bool" and not is_truth:
        raise ConfigError("the value is not true or false", where=where, hint="as_bool wants True or False")
    if said.wanted == "number" and (is_truth or not isinstance(read, int | float)):
        raise ConfigError("the value is not a number", where=where, hint="as_number wants digits")
    return read


@cache
def _sandbox() -> "SandboxedEnvironment":
    from jinja2 import StrictUndefined  # noqa: PLC0415 - most values are no templates
    from jinja2.nativetypes import NativeCodeGenerator  # noqa: PLC0415 - as above
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415 - as above

    class Native(SandboxedEnvironment):
        """Expressions keep their type."""

        code_generator_class = NativeCodeGenerator
        concat = staticmethod(_joined)

    sandbox = Native(undefined=StrictUndefined)
    sandbox.filters.update(_FILTERS)
    return sandbox


def _joined(parts: Iterable[Any]) -> Any:
    """For blocks inside a template: Jinja joins what they give."""
    listed = list(parts)
    return listed[0] if len(listed) == 1 else "".join(map(str, listed))
