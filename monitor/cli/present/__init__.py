"""What the commands show: an outcome as a summary or as JSON, a plan as a tree. No decisions."""
