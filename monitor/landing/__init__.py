"""How collectors lay events out: one file per collector, naming rules, version locators. Pure."""
