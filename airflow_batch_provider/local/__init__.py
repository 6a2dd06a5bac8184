"""
A local AWS Batch: a server that speaks its wire protocol and behaves as it does.

Start it with ``python -m airflow_batch_provider.local`` or :class:`server.LocalBatch`; see
``docs/local-batch.md``. An island: imports nothing else of this package.
"""
