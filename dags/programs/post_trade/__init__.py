"""
Four programs that turn a month's raw prices into ranked insights.

They run one after the other as AWS Batch jobs and hand files on through S3 alone:
``clean`` → ``process`` (one array child a symbol) → ``model`` (likewise) → ``store``.

Every program takes ``--month YYYY-MM`` and ``--bucket NAME``, reads the symbols from the environment variable
``SYMBOLS`` (comma separated; the array index counts in this order) and ends with

====  =====================================================================================
0     done
1     a defect of the program, with its traceback
2     usage: an argument or an environment variable is missing or wrong
3     bad data: an input is missing or unreadable, or no price is left
4     S3 refused the request or was not reachable; the only one where another attempt can help
====  =====================================================================================
"""
