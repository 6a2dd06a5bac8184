from airflow_batch_provider.local.http.credential_scope import CredentialScope, read_scope

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/batch/aws4_request,"
    " SignedHeaders=host, Signature=abc"
)


def test_a_signature_tells_region_and_service() -> None:
    assert read_scope(SIGNED) == CredentialScope("eu-west-1", "batch")


def test_other_signatures_have_no_scope() -> None:
    assert read_scope(None) is None
    assert read_scope("Bearer token") is None
    assert read_scope("AWS AKID:signature") is None
    assert read_scope("AWS4-HMAC-SHA256 Credential=AKID/20260101/../batch/aws4_request") is None
