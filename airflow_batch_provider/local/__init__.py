"""
A local AWS Batch: a server with AWS Batch's wire protocol and behavior.

Start it with ``python -m airflow_batch_provider.local`` or :class:`server.LocalBatch`; see
``docs/local-batch.md``. It imports nothing from the rest of this package.
"""
