#include "runtime/appraiser.hpp"

#include <utility>

namespace lockstep::runtime {

void Appraiser::start() {
  thread_ = std::thread([this] { run(); });
}

void Appraiser::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool Appraiser::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_operations_ < most_waiting;
}

void Appraiser::take(Appraisable told) {
  const std::lock_guard lock(mutex_);
  waiting_operations_ += told.operations.size();
  waiting_.push_back(std::move(told));
  wake_.notify_one();
}

std::vector<Appraisal> Appraiser::finished() {
  std::vector<Appraisal> all;
  const std::lock_guard lock(mutex_);
  all.reserve(finished_.size());
  for (auto& [place, appraisal] : finished_) all.push_back(std::move(appraisal));
  finished_.clear();
  return all;
}

void Appraiser::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!waiting_.empty()) {
      auto told = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_operations_ -= told.operations.size();
      lock.unlock();
      follow(std::move(told));
      lock.lock();
    } else if (Kept* one = next(); one == nullptr) {
      wake_.wait(lock);
    } else if (Clock::now() < rests_until_) {
      wake_.wait_until(lock, Clock::time_point(rests_until_));
    } else {
      lock.unlock();
      value(*one);
      lock.lock();
    }
  }
}

void Appraiser::follow(Appraisable told) {
  if (told.is_last) {
    kept_.erase(told.place);
    const Place place = told.place;
    {
      const std::lock_guard lock(mutex_);
      finished_.insert_or_assign(place, Appraisal{.place = place});
    }
    return finished_one_();
  }
  auto& one = kept_[told.place];
  one.replica.take(std::move(told));
  one.is_new = true;
}

/// What was not valued for the longest time.
Appraiser::Kept* Appraiser::next() {
  Kept* first = nullptr;
  for (auto& [place, one] : kept_)
    if (one.is_new && (first == nullptr || one.valued < first->valued)) first = &one;
  return first;
}

void Appraiser::value(Kept& one) {
  const auto began = Clock::now();
  auto appraisal = one.replica.appraise();
  one.is_new = false;
  one.valued = Clock::now();
  rests_until_ = one.valued + 3 * (one.valued - began);
  {
    const std::lock_guard lock(mutex_);
    const auto place = appraisal.place;
    finished_.insert_or_assign(place, std::move(appraisal));
  }
  finished_one_();
}

}  // namespace lockstep::runtime
