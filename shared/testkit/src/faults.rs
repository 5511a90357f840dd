//! Faults of a store that a test sets.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InjectedStoreFault {
    #[default]
    None,
    /// Writes fail, and nothing is stored.
    Lost,
    /// Writes happen, but report a failure.
    AnswerLost,
    Unreadable,
    /// Reads and writes fail, and nothing is stored.
    Down,
}

/// The operation at which the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Before the operation with this number.
    Before(u32),
    After(u32),
}

/// The store failed because a test set a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InjectedStoreError;

/// The faults of one store or of several. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct StoreFaults(Rc<FaultState>);

#[derive(Debug, Default)]
struct FaultState {
    fault: Cell<InjectedStoreFault>,
    crash: Cell<Option<CrashPoint>>,
    operations: Cell<u32>,
}

impl StoreFaults {
    /// Sets the store's fault from now on.
    pub fn set(&self, fault: InjectedStoreFault) {
        self.0.fault.set(fault);
    }

    pub fn get(&self) -> InjectedStoreFault {
        self.0.fault.get()
    }

    /// Ends the process at one of the next operations.
    pub fn set_crash_point(&self, at: Option<CrashPoint>) {
        self.0.crash.set(at);
    }

    pub fn operation_count(&self) -> u32 {
        self.0.operations.get()
    }

    /// Writes, or fails with the fault that was set.
    pub fn write_or_inject_fault<T>(
        &self,
        write: impl FnOnce() -> T,
    ) -> Result<T, InjectedStoreError> {
        match self.0.fault.get() {
            InjectedStoreFault::None | InjectedStoreFault::Unreadable => Ok(write()),
            InjectedStoreFault::Lost | InjectedStoreFault::Down => Err(InjectedStoreError),
            InjectedStoreFault::AnswerLost => {
                write();
                Err(InjectedStoreError)
            }
        }
    }

    /// Reads, or fails with the fault that was set.
    pub fn read<T>(&self, read: impl FnOnce() -> T) -> Result<T, InjectedStoreError> {
        match self.0.fault.get() {
            InjectedStoreFault::Unreadable | InjectedStoreFault::Down => Err(InjectedStoreError),
            InjectedStoreFault::None
            | InjectedStoreFault::Lost
            | InjectedStoreFault::AnswerLost => Ok(read()),
        }
    }

    /// One operation. A crash is a future that never ends: drop it and start again.
    pub async fn run_operation<T>(&self, work: impl FnOnce() -> T) -> T {
        let number = self.0.operations.get();
        self.0.operations.set(number + 1);
        self.end_at(CrashPoint::Before(number)).await;
        let result = work();
        self.end_at(CrashPoint::After(number)).await;
        result
    }

    async fn end_at(&self, moment: CrashPoint) {
        if self.0.crash.get() == Some(moment) {
            self.0.crash.set(None);
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::poll_once;

    #[test]
    fn each_fault_loses_only_its_own_operations() {
        let (faults, stored) = (StoreFaults::default(), Cell::new(0));
        let write = || faults.write_or_inject_fault(|| stored.set(stored.get() + 1)).is_ok();
        let read = || faults.read(|| ()).is_ok();
        for (fault, writes, reads, stores) in [
            (InjectedStoreFault::None, true, true, 1),
            (InjectedStoreFault::Lost, false, true, 0),
            (InjectedStoreFault::AnswerLost, false, true, 1),
            (InjectedStoreFault::Unreadable, true, false, 1),
            (InjectedStoreFault::Down, false, false, 0),
        ] {
            stored.set(0);
            faults.set(fault);
            assert_eq!((write(), read(), stored.get()), (writes, reads, stores), "{fault:?}");
        }
    }

    #[test]
    fn a_crash_ends_one_operation_before_or_after_it() {
        let (faults, done) = (StoreFaults::default(), Cell::new(0));
        let operation = || poll_once(faults.run_operation(|| done.set(done.get() + 1))).is_some();
        faults.set_crash_point(Some(CrashPoint::Before(1)));
        assert_eq!([operation(), operation(), operation()], [true, false, true]);
        assert_eq!(done.get(), 2);
        faults.set_crash_point(Some(CrashPoint::After(3)));
        assert_eq!([operation(), operation()], [false, true]);
        assert_eq!((done.get(), faults.operation_count()), (4, 5));
    }
}
