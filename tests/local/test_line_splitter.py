from airflow_batch_provider.local.runners.line_splitter import MAX_LINE_BYTES, LineSplitter


def test_lines_are_independent_of_chunk_boundaries() -> None:
    splitter = LineSplitter()

    lines = [
        *splitter.feed(b"on"),
        *splitter.feed(b"e\ntw"),
        *splitter.feed(b"o\n\nthree"),
        *splitter.finish(),
    ]

    assert lines == ["one", "two", "", "three"]


def test_a_character_may_span_two_chunks() -> None:
    splitter = LineSplitter()

    assert [*splitter.feed("ü".encode()[:1]), *splitter.feed("ü".encode()[1:] + b"\n")] == ["ü"]


def test_invalid_utf8_is_replaced() -> None:
    assert LineSplitter().feed(b"\xff\n") == ["\ufffd"]


def test_carriage_returns_are_removed() -> None:
    assert LineSplitter().feed(b"windows\r\n") == ["windows"]


def test_a_line_that_is_too_long_is_split() -> None:
    splitter = LineSplitter()

    lines = [*splitter.feed(b"x" * (MAX_LINE_BYTES + 1)), *splitter.feed(b"\n")]

    assert [len(line) for line in lines] == [MAX_LINE_BYTES, 1]


def test_a_final_newline_leaves_nothing_to_flush() -> None:
    splitter = LineSplitter()
    splitter.feed(b"one\n")

    assert splitter.finish() == []
