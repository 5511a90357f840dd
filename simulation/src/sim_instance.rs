//! Where code runs: an isolate or an object. Its end cancels what runs there.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{Either, Shared, select};
use ports::structured_log::LogLine;
use ports::{Clock, LogSink, Spawn};

use crate::invariant_checks;
use crate::sim_disk::SimObjectDisk;
use crate::world::SimWorld;

/// One start of an isolate or an object, until it is killed.
pub struct Lifetime {
    /// Dropping it cancels everything that runs here.
    alive: RefCell<Option<oneshot::Sender<()>>>,
    ended: Shared<oneshot::Receiver<()>>,
    running: Rc<()>,
}

impl Default for Lifetime {
    fn default() -> Self {
        let (alive, ended) = oneshot::channel();
        let alive = RefCell::new(Some(alive));
        Self { alive, ended: ended.shared(), running: Rc::default() }
    }
}

impl Lifetime {
    /// Runs `work`; returns `None` if the life ends before.
    pub async fn run_while_alive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let _running = Rc::clone(&self.running);
        match select(self.ended.clone(), pin!(work)).await {
            Either::Left(_) => None,
            Either::Right((output, _)) => Some(output),
        }
    }

    /// Ends everything that runs here.
    pub fn end_all_work(&self) {
        self.alive.take();
    }

    /// True if nothing runs here.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        Rc::strong_count(&self.running) == 1
    }
}

/// An isolate, or an object with its storage.
pub struct SimInstance {
    pub world: Rc<SimWorld>,
    /// The Worker whose code runs.
    pub worker: &'static str,
    pub life: Rc<Lifetime>,
    /// An object's storage.
    pub disk: Option<Rc<SimObjectDisk>>,
    /// The data centre: KV may serve values there that are a minute old.
    pub location: u32,
}

impl SimInstance {
    /// An isolate of a Worker.
    pub fn new_isolate(world: &Rc<SimWorld>, worker: &'static str, location: u32) -> Rc<Self> {
        let (world, life) = (Rc::clone(world), Rc::default());
        Rc::new(Self { world, worker, life, disk: None, location })
    }

    /// The output gate: nothing leaves an object before its writes are on disk.
    pub async fn pass_output_gate(&self) {
        if let Some(disk) = &self.disk {
            while let Some(wait_ms) = disk.unconfirmed_ms(self.world.now_ms()) {
                self.world.host.sleep(wait_ms).await;
            }
        }
    }

    /// Starts work here: it inherits the cause of what runs now, and ends with this instance.
    pub fn start_concurrent_task(&self, work: impl Future<Output = ()> + 'static) {
        let (world, cause) = (Rc::clone(&self.world), self.world.initiator());
        let life = Rc::clone(&self.life);
        self.world.host.spawn(Box::pin(async move {
            let _ = life.run_while_alive(world.run_with_cause(cause, work)).await;
        }));
    }
}

/// Time, randomness and the log for code that runs in an instance.
#[derive(Clone)]
pub struct SimSystemPorts(pub Rc<SimInstance>);

impl Clock for SimSystemPorts {
    fn now_ms(&self) -> u64 {
        self.0.world.now_ms()
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> {
        self.0.world.host.sleep(ms)
    }
}

impl ports::RandomSource for SimSystemPorts {
    fn uniform(&self) -> f64 {
        self.0.world.uniform()
    }
}

impl LogSink for SimSystemPorts {
    fn write(&self, line: &LogLine) {
        invariant_checks::on_log(&self.0.world, line);
    }
}

impl Spawn for SimSystemPorts {
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        self.0.start_concurrent_task(work);
    }
}
