"""Access to S3: the raw prices and the files of one run. Only this module imports boto3, and only on use."""

from typing import Any

from post_trade.errors import BadDataError, StorageError
from post_trade.months import Month

RAW_KEY = "raw/stocks.csv"


class RunFolder:
    """
    The files of one month's run: ``s3://<bucket>/post_trade/<month>/``.

    botocore reads the endpoint (``AWS_ENDPOINT_URL``), Region and credentials from the environment.
    If a month runs again, its files are overwritten.
    """

    def __init__(self, bucket: str, month: Month) -> None:
        self._bucket = bucket
        self._prefix = f"post_trade/{month}/"
        self._client = _s3_client()

    def read_raw_prices(self) -> str:
        """Return the content of the raw file, which all runs share."""
        return self._get(RAW_KEY, "upload the raw prices there")

    def read(self, name: str) -> str:
        """
        Return the content of a file of this run.

        :raises BadDataError: The file does not exist or is not UTF-8 text.
        :raises StorageError: S3 rejected the request or was unreachable.
        """
        return self._get(self._prefix + name, "run the job that writes it first")

    def write(self, name: str, text: str) -> None:
        """
        Write a file of this run and print its URL.

        :raises StorageError: S3 rejected the request or was unreachable.
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
        # A bucket name in the host name resolves only on AWS; in the path, it works with every endpoint.
        return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    except (BotoCoreError, ValueError) as error:
        raise StorageError(f"cannot create an S3 client: {error}") from error
