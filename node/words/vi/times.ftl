### How times are told, UTC+7.

time-just-now = vừa xong
time-yesterday = { $time } hôm qua
time-tomorrow = { $time } ngày mai
time-weekday = { $time } { $day }
time-before-today = trước { $time } hôm nay
time-day = { $day ->
    [0] thứ Hai
    [1] thứ Ba
    [2] thứ Tư
    [3] thứ Năm
    [4] thứ Sáu
    [5] thứ Bảy
   *[other] Chủ nhật
}
time-left = còn { $span }
time-over = quá { $span }
time-minutes = { $count } phút
time-hours = { $count } giờ
time-hours-minutes = { $hours } giờ { $minutes } phút
time-days = { $count } ngày
time-short-minutes = { $count }p
time-short-hours = { $count }g
time-short-days = { $count }n
