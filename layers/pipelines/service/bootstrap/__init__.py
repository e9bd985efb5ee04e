"""The composition root: the one place where use cases get their adapters.

One module for each function, which so imports what it needs and nothing else. Each calls its own
builders once per process. It is also the one place where ``service`` meets ``pipelines``: submit
takes the names of the task types, infer their pipelines.
"""
