"""What reads films: knows teeth, knows no queue.

Nothing here imports ``service``, boto3 or requests. A task type is one folder and one line in
:mod:`pipelines.registry`.
"""
