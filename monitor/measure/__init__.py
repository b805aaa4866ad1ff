"""Windows, slots, scans and reading: from a contract to counts. Pure: statements out, rows in."""
