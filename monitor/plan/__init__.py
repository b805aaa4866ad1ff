"""The tracking plan as values: events, versions, owners. Pure; readers fill it."""
