"""One chart value for Slack and the report: said once, drawn as SVG and as PNG, offline."""
