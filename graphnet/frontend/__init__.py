"""Layer 3: the two ways to write a network, YAML and Python, and what both become: a graph.

=============  =========================================================================================================
here           what both ways share: `assembler` makes the graph, with `parameters`, `patterns`, `problems`; `settings`
               makes operators and other definitions; `suspicions` warns; `network` is the result, with `training` and
               `budgets`; `loader` shows the steps from a file to a network
`text`         YAML to a tree with positions (`yaml_composer`, `yaml_tree`, `yaml_scalars`), collecting what is wrong
               (`report`); the tree to a spec of entries (`families`, `spec_reader`, `entry_reader`, `vocabulary`)
`expansion`    entries to a graph: `expand` with `block_instances`, `layers`, `loops`, `names`; expressions
               (`templates`, `expressions`, `evaluator`); losses, rules, budgets (`objectives`, `rules`, `assertions`)
`python`       networks written in Python: `functions` (one for every operator), `builder`, `tensor`, `sharing`
`writing`      a graph back to YAML (`to_yaml`), and the schema for editors (`schema`)
=============  =========================================================================================================
"""
