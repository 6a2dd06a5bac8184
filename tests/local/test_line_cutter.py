from airflow_batch_provider.local.runners.lines import MAX_LINE_BYTES, LineCutter


def test_lines_are_cut_wherever_the_chunks_end() -> None:
    cutter = LineCutter()

    lines = [*cutter.feed(b"on"), *cutter.feed(b"e\ntw"), *cutter.feed(b"o\n\nthree"), *cutter.finish()]

    assert lines == ["one", "two", "", "three"]


def test_a_character_may_be_torn_apart_by_chunks() -> None:
    cutter = LineCutter()

    assert [*cutter.feed("ü".encode()[:1]), *cutter.feed("ü".encode()[1:] + b"\n")] == ["ü"]


def test_what_is_no_utf8_is_replaced() -> None:
    assert LineCutter().feed(b"\xff\n") == ["\ufffd"]


def test_carriage_returns_before_line_breaks_go() -> None:
    assert LineCutter().feed(b"windows\r\n") == ["windows"]


def test_a_line_that_is_too_long_goes_on_in_the_next() -> None:
    cutter = LineCutter()

    lines = [*cutter.feed(b"x" * (MAX_LINE_BYTES + 1)), *cutter.feed(b"\n")]

    assert [len(line) for line in lines] == [MAX_LINE_BYTES, 1]


def test_nothing_is_left_after_a_line_break() -> None:
    cutter = LineCutter()
    cutter.feed(b"one\n")

    assert cutter.finish() == []
