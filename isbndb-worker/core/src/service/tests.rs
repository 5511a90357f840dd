mod bulk;
mod crash;
mod day;
mod lists;
mod outcomes;
mod plan;
mod queue;
