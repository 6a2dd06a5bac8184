"""The placement of nodes in a drawing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_batch_provider.plan.drawing.layers import Layers

SPACING = {True: 70.0, False: 26.0}


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 14))
    return {
        str(index): [str(other) for other in range(index) if draw(st.booleans()) and draw(st.booleans())]
        for index in range(count)
    }


@settings(deadline=None)  # the machine may be busy
@given(graphs())
def test_edges_pass_through_every_layer_between_their_ends(upstream):
    layers = Layers(upstream)

    for (source, target), route in layers.routes.items():
        assert (route[0].owner, route[-1].owner) == (source, target)
        assert [slot.layer for slot in route] == list(range(route[0].layer, route[-1].layer + 1))
    assert len(layers.routes) == sum(map(len, upstream.values()))


@settings(deadline=None)
@given(graphs())
def test_slots_do_not_overlap(upstream):
    layers = Layers(upstream)

    centers = layers.heights(SPACING)

    for layer in layers.slots:
        end = 0.0
        for slot in layer:
            half = SPACING[isinstance(slot.owner, str)] / 2
            assert centers[slot] - half >= end - 1e-6
            end = centers[slot] + half


def test_chain_is_a_straight_line():
    layers = Layers({"a": [], "b": ["a"], "c": ["b"]})

    assert len(set(layers.heights(SPACING).values())) == 1


def test_crossings_are_avoided():
    layers = Layers({"a": [], "b": [], "after_b": ["b"], "after_a": ["a"]})

    assert [[slot.owner for slot in layer] for layer in layers.slots] in (
        [["a", "b"], ["after_a", "after_b"]],
        [["b", "a"], ["after_b", "after_a"]],
    )
