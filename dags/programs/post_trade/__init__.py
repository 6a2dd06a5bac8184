"""
Four programs that turn a month's raw prices into ranked insights.

They run as a chain of AWS Batch jobs and exchange files only through S3:
``clean`` → ``process`` (one array child per symbol) → ``model`` (one array child per symbol) → ``store``.

Every program takes ``--month YYYY-MM`` and ``--bucket NAME``. It reads the symbols from the environment
variable ``SYMBOLS`` (comma-separated; the array index refers to this order). The exit codes are:

====  =====================================================================================
0     success
1     a bug in the program; it prints a traceback
2     usage error: an argument or environment variable is missing or invalid
3     bad data: an input is missing or unreadable, or no valid price is left
4     S3 rejected the request or was unreachable; the only failure that another attempt can fix
====  =====================================================================================
"""
