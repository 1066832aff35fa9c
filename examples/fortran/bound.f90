! The bound of a schedule from Fortran 2008, through the C interface.
module scheduled
  use, intrinsic :: iso_c_binding
  implicit none

  type, bind(c) :: scheduled_error
    integer(c_int) :: code
    type(c_ptr) :: message, name
    integer(c_int64_t) :: index
    type(c_ptr) :: value, requirement, source
    integer(c_int64_t) :: line, column
  end type

  interface
    function scheduled_parse(spec, default_steps, schedule) bind(c) result(code)
      import
      character(kind=c_char), intent(in) :: spec(*)
      integer(c_int64_t), value :: default_steps
      type(c_ptr), intent(out) :: schedule
      integer(c_int) :: code
    end function
    subroutine scheduled_free(schedule) bind(c)
      import
      type(c_ptr), value :: schedule
    end subroutine
    function scheduled_fill(schedule, first, lr, count) bind(c) result(code)
      import
      type(c_ptr), value :: schedule
      integer(c_int64_t), value :: first, count
      real(c_double), intent(out) :: lr(*)
      integer(c_int) :: code
    end function
    function scheduled_bound(lr, steps, grad_norm, norms, distance, bound) bind(c) result(code)
      import
      real(c_double), intent(in) :: lr(*), grad_norm(*)
      integer(c_int64_t), value :: steps, norms
      real(c_double), value :: distance
      real(c_double), intent(out) :: bound
      integer(c_int) :: code
    end function
    function scheduled_last_error() bind(c) result(error)
      import
      type(c_ptr) :: error
    end function
  end interface

contains

  ! The text that a pointer of C shows.
  function text_of(pointer) result(text)
    type(c_ptr), intent(in) :: pointer
    character(:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    integer :: i
    call c_f_pointer(pointer, letters, [4096])
    text = ''
    do i = 1, 4096
      if (letters(i) == c_null_char) return
      text = text // letters(i)
    end do
  end function
end module

program main
  use scheduled
  implicit none
  integer(c_int64_t), parameter :: steps = 400
  type(c_ptr) :: schedule, pointer
  type(scheduled_error), pointer :: error
  real(c_double) :: lr(steps), grad_norm(1), bound

  if (scheduled_parse('linear(steps=401, peak=0.05)' // c_null_char, 0_c_int64_t, schedule) /= 0) stop 1
  if (scheduled_fill(schedule, 0_c_int64_t, lr, steps) /= 0) stop 2
  call scheduled_free(schedule)
  grad_norm = 1
  if (scheduled_bound(lr, steps, grad_norm, 1_c_int64_t, 1.0_c_double, bound) /= 0) stop 3
  print '(a, f9.6, a, f9.6)', 'last rate', lr(steps), ', bound', bound

  lr(17) = -1
  if (scheduled_bound(lr, steps, grad_norm, 1_c_int64_t, 1.0_c_double, bound) == 0) stop 4
  pointer = scheduled_last_error()
  call c_f_pointer(pointer, error)
  print '(a)', 'refused: ' // text_of(error%message)
  print '(a, i0)', text_of(error%name) // ' at index ', error%index
end program
