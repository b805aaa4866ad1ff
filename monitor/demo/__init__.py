"""The demo: a shop's warehouse of about two million rows, its workspace, and what goes wrong in its last days."""
