"""The placement of nodes in a drawing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.plan.drawing.layers import Layers

SPACING = {True: 70.0, False: 26.0}


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    return {
        str(place): [str(other) for other in range(place) if draw(st.booleans()) and draw(st.booleans())]
        for place in range(count)
    }


@settings(deadline=None)  # a busy machine is no error
@given(graphs())
def test_edges_pass_through_every_layer_from_left_to_right(upstream):
    layers = Layers(upstream)

    for (above, below), route in layers.routes.items():
        assert (route[0].owner, route[-1].owner) == (above, below)
        assert [slot.layer for slot in route] == list(range(route[0].layer, route[-1].layer + 1))
    assert len(layers.routes) == sum(map(len, upstream.values()))


@settings(deadline=None)
@given(graphs())
def test_slots_do_not_overlap(upstream):
    layers = Layers(upstream)

    middle = layers.heights(SPACING)

    for layer in layers.slots:
        ends = 0.0
        for slot in layer:
            half = SPACING[isinstance(slot.owner, str)] / 2
            assert middle[slot] - half >= ends - 1e-6
            ends = middle[slot] + half


def test_a_chain_is_a_straight_line():
    layers = Layers({"a": [], "b": ["a"], "c": ["b"]})

    assert len(set(layers.heights(SPACING).values())) == 1


def test_crossings_are_avoided():
    layers = Layers({"a": [], "b": [], "below_b": ["b"], "below_a": ["a"]})

    assert [[slot.owner for slot in layer] for layer in layers.slots] in (
        [["a", "b"], ["below_a", "below_b"]],
        [["b", "a"], ["below_b", "below_a"]],
    )
