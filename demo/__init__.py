"""A generated marketplace: it leaves as Loam's own import files, and enters by the same door as real records.

Nothing here is about a real shop or person; every name is put together from the lists in names.py.
"""
