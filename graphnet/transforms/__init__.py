"""Layer 4: passes from graph to schedule: differentiate, simplify, fuse, choose layouts, plan memory."""
