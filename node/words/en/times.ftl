### How times are told, UTC+7.

time-just-now = just now
time-yesterday = { $time } yesterday
time-tomorrow = { $time } tomorrow
time-weekday = { $time } { $day }
time-before-today = before { $time } today
time-day = { $day ->
    [0] Monday
    [1] Tuesday
    [2] Wednesday
    [3] Thursday
    [4] Friday
    [5] Saturday
   *[other] Sunday
}
time-left = { $span } left
time-over = over by { $span }
time-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
time-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
time-hours-minutes = { $hours } h { $minutes } min
time-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
time-short-minutes = { $count }m
time-short-hours = { $count }h
time-short-days = { $count }d
