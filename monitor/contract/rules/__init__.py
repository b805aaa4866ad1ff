"""Every keyword that compiles, listed by hand. Adding one: a file here, a line below, a case in tests/rules."""

from collections.abc import Mapping

from monitor.contract.rules import bounds, enum, form, lengths, pattern, type_
from monitor.contract.rules.draft import Compile

RULES: Mapping[str, Compile] = {
    "type": type_.compile_type,
    "enum": enum.compile_enum,
    "const": enum.compile_const,
    "minimum": bounds.compile_bound,
    "maximum": bounds.compile_bound,
    "exclusiveMinimum": bounds.compile_bound,
    "exclusiveMaximum": bounds.compile_bound,
    "minLength": lengths.compile_length,
    "maxLength": lengths.compile_length,
    "pattern": pattern.compile_pattern,
    "format": form.compile_format,
}
"""Keyword → how one value's rule is made. What looks at several values (`required`, `properties`,
`additionalProperties`, `items`) is walked by `contract.walk`."""

ANNOTATIONS: frozenset[str] = frozenset(
    {
        "$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "title", "description", "default",
        "examples", "example", "deprecated", "readOnly", "writeOnly", "self", "$supersedes", "$supersededBy", "pii",
        "labels", "$dynamicAnchor", "$recursiveAnchor",
    }
)  # fmt: skip
"""Keywords that say nothing about validity."""
