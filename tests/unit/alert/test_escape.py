from monitor.alert.escape import code, code_block, mention, plain, prose, unescape


def test_a_name_cannot_mention_or_link() -> None:
    for hostile in ("<!channel>", "<!here|here>", "<@U1>", "<https://evil.example|Order Completed>"):
        for shown in (plain(hostile, 100), prose(hostile, 100), code(hostile)):
            assert "<" not in shown
            assert ">" not in shown


def test_backticks_and_line_breaks_cannot_leave_a_code_span() -> None:
    assert code("a`b\nc\r\nd\u2028e") == "`a'b c d e`"


def test_control_and_direction_characters_are_gone() -> None:
    assert plain("safe\x1b[31m\u202etxt.exe\x00", 100) == "safe [31m txt.exe"


def test_clipping_never_cuts_an_entity() -> None:
    for limit in range(1, 30):
        shown = plain("&<>" * 10, limit)
        assert len(shown) <= limit
        assert unescape(shown).rstrip("…").strip("&<>") == ""


def test_a_code_block_counts_the_lines_it_leaves_out() -> None:
    block = code_block(tuple(f"+ column_{number}" for number in range(100)), 200)
    assert len(block) <= 200
    assert "… 90 more" in block or "more\n```" in block
    kept = block.count("+ column_")
    assert f"… {100 - kept} more" in block


def test_only_user_and_group_ids_become_mentions() -> None:
    assert [mention(x) for x in ("U123", "W1", "S0789")] == ["<@U123>", "<@W1>", "<!subteam^S0789>"]
    assert [mention(x) for x in ("", "here", "!channel", "u123", "U1>", "C0123", "U1\n")] == [""] * 7
