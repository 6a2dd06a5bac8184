"""The S3 edge: the raw prices and the files of one run. boto3 is imported here only, and only when used."""

from typing import Any

from post_trade.errors import BadDataError, StorageError
from post_trade.months import Month

RAW_KEY = "raw/stocks.csv"


class RunFolder:
    """
    The files of a month's run: ``s3://<bucket>/post_trade/<month>/``.

    Endpoint, region and credentials come from the environment, as botocore reads them (``AWS_ENDPOINT_URL``
    among them). A rerun overwrites the files of the run before.
    """

    def __init__(self, bucket: str, month: Month) -> None:
        self._bucket = bucket
        self._prefix = f"post_trade/{month}/"
        self._client = _s3_client()

    def read_raw_prices(self) -> str:
        """Return the raw file, which all runs share."""
        return self._get(RAW_KEY, "upload the raw prices there")

    def read(self, name: str) -> str:
        """
        Return a file of this run.

        :raises BadDataError: when it is not there or not UTF-8 text.
        :raises StorageError: when S3 refuses or cannot be reached.
        """
        return self._get(self._prefix + name, "run the job that writes it first")

    def write(self, name: str, text: str) -> None:
        """
        Store a file of this run and say so on stdout.

        :raises StorageError: when S3 refuses or cannot be reached.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        key = self._prefix + name
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode())
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"cannot write {self._url(key)}: {error}") from error
        print(f"wrote {self._url(key)}")

    def _get(self, key: str, remedy: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            return body.decode()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket"}:
                raise BadDataError(f"{self._url(key)} is missing; {remedy}") from error
            raise StorageError(f"cannot read {self._url(key)}: {error}") from error
        except BotoCoreError as error:
            raise StorageError(f"cannot read {self._url(key)}: {error}") from error
        except UnicodeDecodeError as error:
            raise BadDataError(f"{self._url(key)} is not UTF-8 text: {error}") from error

    def _url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"


def _s3_client() -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        # A bucket in the host name resolves at AWS only; in the path it works at every endpoint.
        return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    except (BotoCoreError, ValueError) as error:
        raise StorageError(f"cannot use S3: {error}") from error
