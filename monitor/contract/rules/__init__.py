"""Every keyword that compiles, listed by hand. Adding one: a file here, a line below, a case in tests/rules."""

from collections.abc import Mapping

from monitor.contract.drafts import ANNOTATIONS
from monitor.contract.rules import arrays, bounds, combine, enum, form, lengths, multiple, objects, pattern, type_
from monitor.contract.scope import Compile

__all__ = ["ANNOTATIONS", "COMBINED", "OF_ARRAYS", "OF_OBJECTS", "RULES"]

OF_ARRAYS: Mapping[str, Compile] = {
    "items": arrays.compile_items,
    "prefixItems": arrays.compile_prefix,
    "additionalItems": arrays.compile_additional,
    "minItems": arrays.compile_count,
    "maxItems": arrays.compile_count,
    "uniqueItems": arrays.compile_unique,
    "contains": arrays.compile_contains,
    "minContains": arrays.compile_contains_count,
    "maxContains": arrays.compile_contains_count,
}
OF_OBJECTS: Mapping[str, Compile] = {
    "properties": objects.compile_properties,
    "required": objects.compile_required,
    "additionalProperties": objects.compile_additional,
    "patternProperties": objects.compile_patterns,
    "propertyNames": objects.compile_names,
    "minProperties": objects.compile_count,
    "maxProperties": objects.compile_count,
    "dependencies": objects.compile_dependent,
    "dependentRequired": objects.compile_dependent,
    "dependentSchemas": objects.compile_dependent,
}
COMBINED: Mapping[str, Compile] = {
    "allOf": combine.compile_all,
    "anyOf": combine.compile_any,
    "oneOf": combine.compile_one,
    "not": combine.compile_not,
    "if": combine.compile_if,
    "then": combine.compile_branch,
    "else": combine.compile_branch,
    "$ref": combine.compile_ref,
}
RULES: Mapping[str, Compile] = {
    "type": type_.compile_type,
    "enum": enum.compile_enum,
    "const": enum.compile_const,
    "minimum": bounds.compile_bound,
    "maximum": bounds.compile_bound,
    "exclusiveMinimum": bounds.compile_bound,
    "exclusiveMaximum": bounds.compile_bound,
    "multipleOf": multiple.compile_multiple,
    "minLength": lengths.compile_length,
    "maxLength": lengths.compile_length,
    "pattern": pattern.compile_pattern,
    "format": form.compile_format,
    **OF_ARRAYS,
    **OF_OBJECTS,
    **COMBINED,
}
"""Keyword → how it is asked of one value. What `contract.walk` takes apart into rules of their own (`properties`,
`required`, `items`, `allOf`, `$ref`) is asked as a whole inside other rules."""
