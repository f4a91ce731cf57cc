"""Layer 3: the two ways to write a network, YAML and Python, and what both become: a graph.

===============  =======================================================================================================
what both share  `assembler` makes the graph, with `parameters`, `patterns`, `problems`; `settings` makes operators and
                 other definitions; `suspicions` warns; `network` is the result, with `training` and `budgets`
YAML to tree     `yaml_composer`, `yaml_tree`, `yaml_scalars`; `report` collects what is wrong
tree to spec     `families` (several files), `spec_reader`, `entry_reader` to `spec`, `entries`, `vocabulary`
spec to graph    `loader` shows the steps; `expand` with `block_instances`, `layers`, `loops`, `arguments`, `names`,
                 `namer`, `context`; then `objectives`, `rules`, `assertions`, `recipes`
expressions      `templates`, `expression_syntax`, `expressions`, `arithmetic`; `evaluator` puts them where they stand
Python           `functions` (one for every operator), `builder`, `tensor`, `term`, `sharing`, `references`, `call_site`
graph to YAML    `to_yaml`, `to_entries`, `group_facts`, `written_settings`, `yaml_writer`
for editors      `schema`, `docstrings`
===============  =======================================================================================================
"""
