mod bulk;
mod crash;
mod lists;
mod outcomes;
mod queue;
