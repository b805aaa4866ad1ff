"""The executed rule cases: rows in, failing rows out, in a scratch schema of any warehouse.

`trackwarden selftest` and our own tests run these very functions: emulators and other versions are not your warehouse.
"""
