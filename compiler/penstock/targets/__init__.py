"""Resources → targets: what the definitions among the objects say about what is built, and where it goes.

`definitions` reads them; here the path of `pipeline.py` is walked again for what they name, until nothing new appears.
"""
